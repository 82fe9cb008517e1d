/** What each figure of a backtest means, in words for users: they stand in result documents and beside the figures of a report. */

export interface FigureDefinition {
  readonly name: string;
  readonly definition: string;
}

export const FIGURE_DEFINITIONS: readonly FigureDefinition[] = [
  { name: 'total return', definition: 'equity at the last price / capital − 1. Equity is balance + position × price; what is still open counts at the last price, unsold.' },
  { name: 'annual return', definition: '(1 + total return)^(365 / days) − 1, days from the first price to the last. Not said of less than thirty days.' },
  { name: 'daily returns', definition: 'equity at the last close of each UTC day over that of the day before, less 1; the first day over the capital, a begun day counts as one, a day without candles returns 0, days after equity was gone (a billionth of the capital or less) are left out.' },
  { name: 'volatility', definition: 'sample standard deviation (n − 1) of the daily returns × √365. Not said of fewer than two.' },
  { name: 'Sharpe', definition: 'mean of the daily returns / their sample standard deviation × √365, over a risk-free rate of 0. Not said where they do not vary.' },
  { name: 'Sortino', definition: 'mean of the daily returns / √(mean of min(return, 0)² over all days) × √365. Not said where no day lost.' },
  { name: 'Calmar', definition: 'annual return / max drawdown, both of the whole run. Not said without a drawdown.' },
  { name: 'drawdown', definition: 'equity at the close of a candle / highest equity of the start and all closes before − 1. Deeper points inside a candle are not in it.' },
  { name: 'max drawdown', definition: 'the deepest of them, as a positive share. It lasts from the last close at the peak to the first close back at it, or to the end.' },
  { name: 'time under water', definition: 'the time all drawdowns lasted, and its share of the whole; the longest one need not be the deepest.' },
  { name: 'cycle result', definition: "the wallet's equity when the next cycle began (before the order of its reset) − the same when this one began. The results of all cycles of a wallet add up to its result." },
  { name: 'win rate', definition: 'cycles that ended with a result above 0 / cycles that ended.' },
  { name: 'profit factor', definition: 'sum of the results of cycles that won / sum of the losses of those that lost, ended ones only. Not said where none lost.' },
  { name: 'whipsaws', definition: 'cycles whose ladder traded and which ended after falling orders at no more than one level.' },
  { name: 'time in market', definition: 'share of the closes at which the wallet, or any wallet, held a position.' },
  { name: 'exposure', definition: 'gross: mean of (long + short) × close / mean equity; net: the same with long − short; highest: the largest gross × close / equity of a close with equity above 0.' },
  { name: 'turnover', definition: 'sum of price × amount of all fills and of what was liquidated, and the same in multiples of the capital.' },
  { name: 'fees', definition: 'all the ledger booked as fees: taker and maker fees, liquidation fees, less what an insurance fund paid.' },
  { name: 'funding', definition: 'received less paid.' },
  { name: 'slippage', definition: 'what fills lost against their trigger, or against the market where they had none, gaps included. It is in their prices already.' },
  { name: 'share of the result', definition: 'a cost / |equity − capital|. Before costs: result + fees + slippage − funding.' },
  { name: 'liquidations', definition: 'times the exchange took positions by force; several legs at one moment are one.' },
  { name: 'phase result', definition: 'what equity changed by while a wallet, or the plan, was in the phase, valued at the price of that moment. A fill belongs to the phase it ends; orders of a start or reset belong to RESET.' },
  { name: 'buy and hold', definition: 'all capital in the base currency from the first price to the last, no leverage, no costs: what the data did. With leverage: capital × (1 + leverage × (last / first − 1)), no costs, and nothing once a low has taken all of it.' },
  { name: 'cash', definition: 'earns nothing: the result against it is the total return.' },
  { name: 'ambiguous candles', definition: 'candles in which more than one outcome was possible; the bounds are the lowest and the highest result of the same run under the orders ohlc, worst and best.' },
];

/** Where more than one outcome was possible in this share of the candles, four prices a candle say too little for such units: even the bounds are guesses. */
export const COARSE_SHARE = 0.05;
