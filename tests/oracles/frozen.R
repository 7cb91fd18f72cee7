# Makes frozen.csv and aSAH.csv: what R says, each result beside the command that gave it.
#
# With R and pROC (Debian: apt-get install r-base-core r-cran-proc), in this folder:
#   Rscript frozen.R "$(python -c 'from statsmodels.datasets import spector; print(spector.__path__[0])')/spector.csv"

suppressPackageStartupMessages(library(pROC))
options(digits = 7)

# Aneurysmal subarachnoid hemorrhage: Turck et al. 2010, Intensive Care Med 36:107-115.
data(aSAH)
aSAH <- data.frame(gender = aSAH$gender, outcome = as.integer(aSAH$outcome == "Poor"),
                   s100b = aSAH$s100b, ndka = aSAH$ndka, wfns = as.integer(aSAH$wfns))
source <- paste("# The data set aSAH of the R package pROC", packageVersion("pROC"), "(GPL 3), by frozen.R.")
writeLines(source, "aSAH.csv")
suppressWarnings(write.table(aSAH, "aSAH.csv", append = TRUE, sep = ",", quote = FALSE, row.names = FALSE))
poor <- subset(aSAH, outcome == 1)
good <- subset(aSAH, outcome == 0)

# Spector and Mazzeo 1980, J Econ Educ 11:37-44, as statsmodels has it.
spector <- read.table(commandArgs(TRUE)[1], header = TRUE, quote = "'")

# The tables that the abstract determines: exposed and unexposed by occluded and patent.
coverage <- matrix(c(19, 23, 29, 112), 2)
collaterals <- matrix(c(20, 22, 37, 104), 2)
groups <- matrix(c(5, 17, 20, 42, 75, 24), 3)
core <- data.frame(a = c(1, 1, 0, 0), b = c(1, 0, 1, 0), occluded = c(10, 9, 10, 13), patent = c(11, 18, 26, 86))

logistic <- function(formula, data) glm(formula, binomial, data, control = list(epsilon = 1e-15, maxit = 50))
wald <- function(table) logistic(table ~ c(1, 0), NULL)
vif <- function(formula) 1 / (1 - summary(lm(formula, spector))$r.squared)

commands <- expression(
  chisq.test(coverage, correct = FALSE)$p.value,
  chisq.test(coverage)$p.value,
  fisher.test(coverage)$p.value,
  exp(coef(wald(coverage)))[2],
  exp(confint.default(wald(coverage)))[2, ],
  coef(summary(wald(coverage)))[2, 4],
  chisq.test(collaterals, correct = FALSE)$p.value,
  chisq.test(collaterals)$p.value,
  fisher.test(collaterals)$p.value,
  exp(coef(wald(collaterals)))[2],
  exp(confint.default(wald(collaterals)))[2, ],
  coef(summary(wald(collaterals)))[2, 4],
  chisq.test(groups)$statistic,
  chisq.test(groups)$p.value,
  min(chisq.test(groups)$expected),
  fisher.test(groups)$p.value,
  apply(combn(3, 2), 2, function(pair) fisher.test(groups[pair, ])$p.value),
  p.adjust(apply(combn(3, 2), 2, function(pair) fisher.test(groups[pair, ])$p.value), "holm"),
  p.adjust(c(0.010, NA, 0.013, 0.014, 0.190, 0.350), "holm"),
  p.adjust(c(0.010, NA, 0.013, 0.014, 0.190, 0.350), "BH"),
  prop.test(42, 47, correct = FALSE)$conf.int,
  prop.test(75, 92, correct = FALSE)$conf.int,
  prop.test(24, 44, correct = FALSE)$conf.int,
  binom.test(42, 47)$conf.int,
  binom.test(75, 92)$conf.int,
  binom.test(24, 44)$conf.int,
  t.test(poor$s100b, good$s100b, var.equal = TRUE)$p.value,
  t.test(poor$s100b, good$s100b)$p.value,
  wilcox.test(poor$s100b, good$s100b, exact = FALSE)$p.value,
  wilcox.test(poor$s100b, good$s100b, exact = FALSE, correct = FALSE)$p.value,
  coef(summary(logistic(outcome ~ s100b, aSAH)))[2, 4],
  exp(confint.default(logistic(outcome ~ s100b, aSAH)))[2, ],
  t.test(poor$ndka, good$ndka, var.equal = TRUE)$p.value,
  t.test(poor$ndka, good$ndka)$p.value,
  wilcox.test(poor$ndka, good$ndka, exact = FALSE)$p.value,
  wilcox.test(poor$ndka, good$ndka, exact = FALSE, correct = FALSE)$p.value,
  coef(summary(logistic(outcome ~ ndka, aSAH)))[2, 4],
  exp(confint.default(logistic(outcome ~ ndka, aSAH)))[2, ],
  t.test(poor$wfns, good$wfns, var.equal = TRUE)$p.value,
  t.test(poor$wfns, good$wfns)$p.value,
  wilcox.test(poor$wfns, good$wfns, exact = FALSE)$p.value,
  wilcox.test(poor$wfns, good$wfns, exact = FALSE, correct = FALSE)$p.value,
  coef(summary(logistic(outcome ~ wfns, aSAH)))[2, 4],
  exp(confint.default(logistic(outcome ~ wfns, aSAH)))[2, ],
  as.numeric(auc(outcome ~ s100b, aSAH, quiet = TRUE)),
  as.numeric(auc(outcome ~ ndka, aSAH, quiet = TRUE)),
  as.numeric(auc(outcome ~ wfns, aSAH, quiet = TRUE)),
  as.numeric(ci.auc(outcome ~ s100b, aSAH, quiet = TRUE))[c(1, 3)],
  as.numeric(ci.auc(outcome ~ ndka, aSAH, quiet = TRUE))[c(1, 3)],
  as.numeric(ci.auc(outcome ~ wfns, aSAH, quiet = TRUE))[c(1, 3)],
  var(roc(outcome ~ s100b, aSAH, quiet = TRUE)),
  var(roc(outcome ~ ndka, aSAH, quiet = TRUE)),
  var(roc(outcome ~ wfns, aSAH, quiet = TRUE)),
  capture.output(auc(outcome ~ s100b, aSAH, quiet = TRUE)),
  capture.output(auc(outcome ~ ndka, aSAH, quiet = TRUE)),
  capture.output(ci.auc(outcome ~ s100b, aSAH, quiet = TRUE)),
  capture.output(ci.auc(outcome ~ ndka, aSAH, quiet = TRUE)),
  coef(logistic(GRADE ~ GPA + TUCE + PSI, spector)),
  coef(summary(logistic(GRADE ~ GPA + TUCE + PSI, spector)))[, 2],
  exp(confint.default(logistic(GRADE ~ GPA + TUCE + PSI, spector)))[, 1],
  exp(confint.default(logistic(GRADE ~ GPA + TUCE + PSI, spector)))[, 2],
  exp(confint.default(logistic(GRADE ~ GPA + TUCE + PSI, spector), level = 0.9))[, 1],
  coef(summary(logistic(GRADE ~ GPA + TUCE + PSI, spector)))[, 4],
  fitted(logistic(GRADE ~ GPA + TUCE + PSI, spector)),
  c(vif(GPA ~ TUCE + PSI), vif(TUCE ~ GPA + PSI), vif(PSI ~ GPA + TUCE)),
  exp(coef(logistic(cbind(occluded, patent) ~ a + b, core)))[2:3]
)

written <- function(value) if (is.character(value)) value else paste(sprintf("%.15g", value), collapse = " ")
results <- data.frame(command = gsub("\\s+", " ", sapply(as.list(commands), function(one) paste(deparse(one, 500), collapse = " "))),
                      result = sapply(commands, function(one) written(suppressWarnings(eval(one)))))
writeLines(paste0("# ", R.version.string, ", pROC ", packageVersion("pROC"), ". Made by frozen.R."), "frozen.csv")
suppressWarnings(write.table(results, "frozen.csv", append = TRUE, sep = ",", qmethod = "double", row.names = FALSE))
