* The two markers of the study in GNU PSPP 1.6.2, whose ROC command follows that of SPSS.
* Run by: pspp -O format=csv roc.sps
* What it prints is in pspp.csv: area, standard error, P, lower and upper limit ("95%").
SET FORMAT=F12.6.
DATA LIST LIST NOTABLE /occluded incomplete_coverage postoperative_collaterals patients.
BEGIN DATA
1 1 0 19
1 0 0 23
0 1 0 29
0 0 0 112
END DATA.
WEIGHT BY patients.
ROC incomplete_coverage BY occluded (1) /PRINT=SE.
DATA LIST LIST NOTABLE /occluded incomplete_coverage postoperative_collaterals patients.
BEGIN DATA
1 0 1 20
1 0 0 22
0 0 1 37
0 0 0 104
END DATA.
WEIGHT BY patients.
ROC postoperative_collaterals BY occluded (1) /PRINT=SE.
