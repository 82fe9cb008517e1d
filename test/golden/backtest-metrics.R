# Makes backtest-metrics.json: random price paths and what R's packages say of the equity of somebody who holds a position over them.
#   apt-get install r-cran-tseries r-cran-xts r-cran-quantmod        (R 4.2.2, tseries 0.10.53, xts 0.13.0, quantmod 0.4.20)
#   Rscript test/golden/backtest-metrics.R > test/golden/backtest-metrics.json
# Days by xts::apply.daily, returns by quantmod::Delt, Sharpe by tseries::sharpe, the deepest drawdown and its ends by tseries::maxdrawdown on
# the logarithm of equity, deviations by base R.
suppressMessages({ library(xts); library(quantmod); library(tseries) })

curve <- function(name, seed, n, hours, from, drift, volatility, capital, position) {
  set.seed(seed)
  closes <- round(10000 * exp(cumsum(rnorm(n, drift, volatility))))
  start <- as.POSIXct(from, tz = "UTC")
  ends <- start + hours * 3600 * seq_len(n) - 0.001
  equity <- capital + position * (closes / 100 - 100)
  whole <- c(capital, equity)

  daily <- as.numeric(apply.daily(xts(equity, ends, tzone = "UTC"), last))
  returns <- as.numeric(Delt(c(capital, daily)))[-1]
  drawdown <- maxdrawdown(log(whole))
  runs <- rle(whole < cummax(whole))
  under <- runs$lengths[runs$values]
  isOpen <- tail(runs$values, 1)
  lengths <- under + ifelse(seq_along(under) == length(under) & isOpen, 0, 1)
  annual <- (tail(equity, 1) / capital) ^ (365 * 24 / (n * hours)) - 1
  depth <- 1 - exp(-drawdown$maxdrawdown)

  number <- function(x) format(x, digits = 15, scientific = FALSE, trim = TRUE)
  list <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
  pairs <- c(
    sprintf('"name":"%s","hours":%d,"from":%.0f,"capital":%s,"position":%s', name, hours, as.numeric(start) * 1000, number(capital), number(position)),
    sprintf('"totalReturn":%s', number(tail(equity, 1) / capital - 1)),
    sprintf('"annualReturn":%s', number(annual)),
    sprintf('"days":%d', length(returns)),
    sprintf('"volatility":%s', number(sd(returns) * sqrt(365))),
    sprintf('"sharpe":%s', number(sharpe(cumsum(c(0, returns)), r = 0, scale = sqrt(365)))),
    sprintf('"sortino":%s', number(mean(returns) / sqrt(mean(pmin(returns, 0)^2)) * sqrt(365))),
    sprintf('"calmar":%s', number(annual / depth)),
    sprintf('"maxDrawdown":%s', number(depth)),
    # Counted in candles from the start: 0 is the start itself.
    sprintf('"peakCandle":%d,"troughCandle":%d', drawdown$from[1] - 1, drawdown$to[1] - 1),
    sprintf('"longestCandles":%d,"underWaterCandles":%d', max(lengths), sum(lengths)),
    sprintf('"closes":%s', list(closes))
  )
  paste0("{", paste(pairs, collapse = ","), "}")
}

curves <- c(
  curve("four months of 6h, half invested", 20251, 480, 6, "2025-03-01 00:00:00", 0.0008, 0.012, 100, 0.5),
  curve("three weeks of 1h from five in the morning, never recovers", 20252, 500, 1, "2025-06-08 05:00:00", -0.0004, 0.006, 100, 1),
  curve("a year of 1d, short", 20253, 365, 24, "2024-01-01 00:00:00", -0.001, 0.02, 100, -0.4),
  curve("two days and a bit of 1h", 20254, 51, 1, "2025-01-31 22:00:00", -0.0002, 0.003, 1000, 10)
)
cat("[\n", paste(curves, collapse = ",\n"), "\n]\n", sep = "")
