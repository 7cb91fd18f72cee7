# Makes prediction.csv and prediction_resamples.csv: what R says of a prediction, each result beside
# the command that gave it.
#
# With R, pROC and rms (Debian: apt-get install r-base-core r-cran-proc r-cran-rms), in this folder:
#   Rscript prediction.R

suppressPackageStartupMessages({library(pROC); library(rms)})

# Made by frozen.R.
aSAH <- read.csv("aSAH.csv", comment.char = "#")
patients <- nrow(aSAH)
factors <- c("s100b", "ndka", "wfns")
B <- 40

logistic <- function(formula, data) glm(formula, binomial, data, control = list(epsilon = 1e-15, maxit = 50))
joint <- fitted(logistic(outcome ~ s100b + ndka + wfns, aSAH))

# rms draws its resamples itself, by sample(n, replace = TRUE) one after another from this seed.
seed <- 1983
set.seed(seed)
drawn <- t(replicate(B, sample(patients, replace = TRUE)))
line <- paste0("# Patients of aSAH.csv (the first is 1) in each of ", B, " resamples. Made by prediction.R.")
writeLines(line, "prediction_resamples.csv")
suppressWarnings(write.table(drawn, "prediction_resamples.csv", append = TRUE, sep = ",", row.names = FALSE, col.names = FALSE))

# Without screening: rms.
rms_validation <- function() {
  set.seed(seed)
  model <- lrm(outcome ~ s100b + ndka + wfns, aSAH, x = TRUE, y = TRUE, eps = 1e-12)
  validate(model, B = B, eps = 1e-12)
}

# With screening at P < alpha, one step after another.
strategy <- function(data, alpha) {
  alone <- sapply(factors, function(name) coef(summary(logistic(reformulate(name, "outcome"), data)))[2, 4])
  passed <- factors[alone < alpha]
  logistic(reformulate(if (length(passed)) passed else "1", "outcome"), data)
}
area <- function(model, data) as.numeric(auc(data$outcome, predict(model, data), direction = "<", quiet = TRUE))
brier <- function(model, data) mean((predict(model, data, type = "response") - data$outcome)^2)
slope <- function(model, data) {
  data$log_odds <- predict(model, data)
  if (length(coef(model)) == 1) NA else coef(logistic(outcome ~ log_odds, data))[[2]]
}
intercept <- function(model, data) {
  data$log_odds <- predict(model, data)
  coef(logistic(outcome ~ offset(log_odds), data))[[1]]
}
measures <- function(model, data) c(area(model, data), brier(model, data), slope(model, data), intercept(model, data))
optimism <- function(alpha) rowMeans(apply(drawn, 1, function(rows) {
  model <- strategy(aSAH[rows, ], alpha)
  measures(model, aSAH[rows, ]) - measures(model, aSAH)
}), na.rm = TRUE)
models <- function(alpha) apply(drawn, 1, function(rows) strategy(aSAH[rows, ], alpha), simplify = FALSE)
screened <- function(alpha) rowMeans(sapply(models(alpha), function(model) factors %in% names(coef(model))))
significant <- function(alpha) rowMeans(sapply(models(alpha), function(model) {
  p <- coef(summary(model))[, 4]
  factors %in% names(p)[p < alpha]
}))

curve <- function(grid) {
  knots <- quantile(qlogis(joint), c(0.1, 0.5, 0.9), type = 3)
  model <- logistic(outcome ~ rcs(qlogis(joint), knots), aSAH)
  basis <- function(p) cbind(1, rcspline.eval(qlogis(p), knots, inclx = TRUE))
  middle <- basis(grid) %*% coef(model)
  half <- qnorm(0.975) * sqrt(diag(basis(grid) %*% vcov(model) %*% t(basis(grid))))
  c(plogis(middle), plogis(middle - half), plogis(middle + half))
}
net_benefit <- function(treated, threshold)
  mean(treated & aSAH$outcome == 1) - mean(treated & aSAH$outcome == 0) * threshold / (1 - threshold)

curves <- lapply(list(joint = joint, s100b = aSAH$s100b, ndka = aSAH$ndka, wfns = aSAH$wfns),
                 function(score) roc(aSAH$outcome, score, direction = "<", quiet = TRUE))
paired <- function(first, second) {
  test <- roc.test(curves[[first]], curves[[second]], method = "delong", paired = TRUE)
  c(test$statistic, test$p.value, test$conf.int)
}

commands <- expression(
  joint,
  as.numeric(ci.auc(curves$joint, method = "delong")),
  as.numeric(ci.auc(curves$s100b, method = "delong")),
  as.numeric(ci.auc(curves$ndka, method = "delong")),
  as.numeric(ci.auc(curves$wfns, method = "delong")),
  paired("joint", "s100b"),
  paired("joint", "ndka"),
  paired("joint", "wfns"),
  paired("s100b", "ndka"),
  paired("s100b", "wfns"),
  paired("ndka", "wfns"),
  rms_validation()["Dxy", 1:5],
  rms_validation()["B", 1:5],
  rms_validation()["Slope", 1:5],
  measures(strategy(aSAH, 0.05), aSAH),
  optimism(1),
  optimism(0.05),
  optimism(0.001),
  screened(0.05),
  significant(0.05),
  screened(0.001),
  significant(0.001),
  curve(c(0.1, 0.25, 0.5, 0.75, 0.9)),
  sapply(c(0.1, 0.25, 0.5, 0.75, 0.9), function(threshold) net_benefit(joint >= threshold, threshold)),
  sapply(c(0.1, 0.25, 0.5, 0.75, 0.9), function(threshold) net_benefit(TRUE, threshold))
)

written <- function(value) paste(sprintf("%.15g", value), collapse = " ")
results <- data.frame(command = gsub("\\s+", " ", sapply(as.list(commands), function(one) paste(deparse(one, 500), collapse = " "))),
                      result = sapply(commands, function(one) written(suppressWarnings(eval(one)))))
versions <- paste0("# ", R.version.string, ", pROC ", packageVersion("pROC"), ", rms ", packageVersion("rms"), ". Made by prediction.R.")
writeLines(versions, "prediction.csv")
suppressWarnings(write.table(results, "prediction.csv", append = TRUE, sep = ",", qmethod = "double", row.names = FALSE))
