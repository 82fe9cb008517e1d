-- Which book of a simulated exchange the plans of a venue trade on: two data folders with the same prices are two exchanges, and on one
-- database their orders and trades would mix.
create table hedgerow.worlds (
  venue  text primary key,
  -- The random name the book keeps beside itself.
  book   text not null
);
