# Makes survival.csv and survival_lung.csv: what R says of follow-up times, each result beside the command that
# gave it.
#
# With R and survival (Debian: apt-get install r-base-core r-cran-survival), in this folder:
#   Rscript survival.R

library(survival)

# Advanced lung cancer, days: Loprinzi et al. 1994, J Clin Oncol 12:601-607.
lung <- data.frame(time = lung$time, event = lung$status - 1, sex = ifelse(lung$sex == 1, "male", "female"), ecog = lung$ph.ecog)
source <- paste("# The data set lung of the R package survival", packageVersion("survival"), "(LGPL 2 or later), by survival.R.")
writeLines(source, "survival_lung.csv")
suppressWarnings(write.table(lung, "survival_lung.csv", append = TRUE, sep = ",", quote = FALSE, row.names = FALSE, na = ""))

curve <- function(data, reverse = FALSE) survfit(Surv(time, if (reverse) 1 - event else event) ~ 1, data, conf.type = "log-log")
all <- curve(lung)
female <- curve(subset(lung, sex == "female"))
male <- curve(subset(lung, sex == "male"))
times <- c(0, 100, 250, 310, 500, 1000)
read <- summary(all, times = times)
few <- data.frame(time = c(1, 2, 3, 4, 5, 6), event = c(1, 1, 1, 0, 1, 0))

commands <- expression(
  all$time, all$n.risk, all$n.event, all$n.censor, all$surv, all$lower, all$upper,
  female$time, female$surv, female$lower, female$upper,
  male$time, male$surv, male$lower, male$upper,
  read$n.risk, cumsum(read$n.event), read$surv, read$lower, read$upper,
  survfit(Surv(time, event) ~ 1, lung, conf.type = "log-log", conf.int = 0.9)$lower,
  summary(all)$table[c("median", "0.95LCL", "0.95UCL")],
  summary(female)$table[c("median", "0.95LCL", "0.95UCL")],
  summary(curve(few))$table[c("median", "0.95LCL", "0.95UCL")],
  summary(curve(lung, TRUE))$table[c("median", "0.95LCL", "0.95UCL")],
  summary(curve(subset(lung, sex == "female"), TRUE))$table[c("median", "0.95LCL", "0.95UCL")],
  summary(curve(subset(lung, sex == "male"), TRUE))$table[c("median", "0.95LCL", "0.95UCL")],
  survdiff(Surv(time, event) ~ sex, lung)$chisq,
  pchisq(survdiff(Surv(time, event) ~ sex, lung)$chisq, 1, lower.tail = FALSE),
  survdiff(Surv(time, event) ~ ecog, lung)$chisq,
  pchisq(survdiff(Surv(time, event) ~ ecog, lung)$chisq, 3, lower.tail = FALSE)
)

written <- function(value) paste(sprintf("%.15g", value), collapse = " ")
results <- data.frame(command = gsub("\\s+", " ", sapply(as.list(commands), function(one) paste(deparse(one, 500), collapse = " "))),
                      result = sapply(commands, function(one) written(eval(one))))
writeLines(paste0("# ", R.version.string, ", survival ", packageVersion("survival"), ". Made by survival.R."), "survival.csv")
suppressWarnings(write.table(results, "survival.csv", append = TRUE, sep = ",", qmethod = "double", row.names = FALSE))
