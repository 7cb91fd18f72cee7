# Makes sensitivity.csv: what R says of the joint model, each result beside the command that gave it.
#
# With R, Hmisc and logistf (Debian: apt-get install r-base-core r-cran-hmisc; logistf is on CRAN only),
# in this folder:
#   Rscript sensitivity.R "$(python -c 'from statsmodels.datasets import spector; print(spector.__path__[0])')/spector.csv"

suppressPackageStartupMessages({library(logistf); library(Hmisc)})

# Spector and Mazzeo 1980, J Econ Educ 11:37-44, as statsmodels has it.
spector <- read.table(commandArgs(TRUE)[1], header = TRUE, quote = "'")

# Made by frozen.R.
aSAH <- read.csv("aSAH.csv", comment.char = "#")
# All twelve patients above this have a poor outcome: quasi-complete separation.
aSAH$has_high_s100b <- as.integer(aSAH$s100b > 0.5)
coverage <- matrix(c(19, 23, 29, 112), 2)
collaterals <- matrix(c(20, 22, 37, 104), 2)

# Until the deviance no longer changes at all: the leverages are those of the iteration before the last.
logistic <- function(formula, data) suppressWarnings(glm(formula, binomial, data, control = list(epsilon = 1e-300, maxit = 30)))
exact <- list(logistf.control(maxit = 10000, lconv = 1e-14, gconv = 1e-10, xconv = 1e-10),
              logistpl.control(maxit = 10000, lconv = 1e-10, xconv = 1e-10))
penalized <- function(formula, data) logistf(formula, data, control = exact[[1]], plcontrol = exact[[2]])

school <- logistic(GRADE ~ GPA + TUCE + PSI, spector)
bleeding <- logistic(outcome ~ s100b + ndka + wfns, aSAH)
firth_school <- penalized(GRADE ~ GPA + TUCE + PSI, spector)
firth_bleeding <- penalized(outcome ~ s100b + ndka + wfns, aSAH)
firth_separated <- penalized(outcome ~ has_high_s100b + ndka + wfns, aSAH)

# confint() reads limits off a curve through ten points of the profile, which leaves errors in the
# fourth digit.
fine <- function(model) suppressMessages(confint(profile(model, maxsteps = 10000, del = 0.002)))

# One step of Newton's method without each patient (Pregibon 1981), in standard errors.
steps <- function(model) {
  change <- vcov(model) %*% t(model.matrix(model) * residuals(model, "response") / (1 - hatvalues(model)))
  t(change / sqrt(diag(vcov(model))))
}
matters_most <- which.max(cooks.distance(bleeding))

# ndka as a straight line and as a restricted cubic spline.
knots <- function(count) rcspline.eval(aSAH$ndka, nk = count, knots.only = TRUE)
bent <- function(values, count) rcspline.eval(values, knots = knots(count), inclx = TRUE)
curved <- function(count) logistic(outcome ~ bent(ndka, count) + s100b + wfns, aSAH)
against_line <- function(count) {
  table <- anova(bleeding, curved(count), test = "LRT")
  c(table$Deviance[2], table$Df[2], table$"Pr(>Chi)"[2])
}
against_median <- function(value, count) {
  model <- curved(count)
  terms <- 1 + seq_len(count - 1)
  contrast <- drop(bent(value, count) - bent(median(aSAH$ndka), count))
  estimate <- sum(contrast * coef(model)[terms])
  exp(estimate + c(0, -1, 1) * qnorm(0.975) * sqrt(drop(contrast %*% vcov(model)[terms, terms] %*% contrast)))
}

half_less <- function(table) fisher.test(table)$p.value - dhyper(table[1, 1], sum(table[1, ]), sum(table[2, ]), sum(table[, 1])) / 2

commands <- expression(
  suppressMessages(confint(school))[, 1],
  suppressMessages(confint(school))[, 2],
  suppressMessages(confint(bleeding))[, 1],
  suppressMessages(confint(bleeding))[, 2],
  fine(school)[, 1], fine(school)[, 2], fine(bleeding)[, 1], fine(bleeding)[, 2],
  drop1(school, test = "LRT")[-1, 5],
  drop1(bleeding, test = "LRT")[-1, 5],
  coef(firth_school),
  sqrt(diag(vcov(firth_school))),
  firth_school$ci.lower,
  firth_school$ci.upper,
  firth_school$prob,
  coef(firth_bleeding),
  sqrt(diag(vcov(firth_bleeding))),
  firth_bleeding$ci.lower,
  firth_bleeding$ci.upper,
  firth_bleeding$prob,
  coef(firth_separated),
  sqrt(diag(vcov(firth_separated))),
  firth_separated$ci.lower,
  firth_separated$ci.upper,
  firth_separated$prob,
  hatvalues(bleeding),
  rstandard(bleeding, type = "pearson"),
  cooks.distance(bleeding),
  steps(bleeding)[, 2],
  steps(bleeding)[, 4],
  matters_most,
  exp(coef(logistic(outcome ~ s100b + ndka + wfns, aSAH[-matters_most, ])))[-1],
  exp(coef(logistic(outcome ~ s100b + ndka + wfns + gender, aSAH)))[-1],
  exp(confint.default(logistic(outcome ~ s100b + ndka + wfns + gender, aSAH)))[-1, 1],
  exp(confint.default(logistic(outcome ~ s100b + ndka + wfns + gender, aSAH)))[-1, 2],
  coef(summary(logistic(outcome ~ s100b + ndka + wfns + gender, aSAH)))[-1, 4],
  against_line(4),
  against_median(min(aSAH$ndka), 4),
  against_median(max(aSAH$ndka), 4),
  half_less(coverage),
  half_less(collaterals),
  unlist(prop.trend.test(c(5, 17, 20), c(47, 92, 44))[c("statistic", "p.value")]),
  unlist(prop.trend.test(tapply(aSAH$outcome, aSAH$wfns, sum), table(aSAH$wfns))[c("statistic", "p.value")])
)

written <- function(value) if (is.character(value)) value else paste(sprintf("%.15g", value), collapse = " ")
results <- data.frame(command = gsub("\\s+", " ", sapply(as.list(commands), function(one) paste(deparse(one, 500), collapse = " "))),
                      result = sapply(commands, function(one) written(suppressWarnings(eval(one)))))
versions <- paste(sapply(c("logistf", "Hmisc"), function(name) paste(name, packageVersion(name))), collapse = ", ")
writeLines(paste0("# ", R.version.string, ", ", versions, ". Made by sensitivity.R."), "sensitivity.csv")
suppressWarnings(write.table(results, "sensitivity.csv", append = TRUE, sep = ",", qmethod = "double", row.names = FALSE))
