import assert from "node:assert/strict";
import test from "node:test";

import { isSadFieldName, looksLikeSad } from "./sensitive-authentication-data.ts";
import { bytesOf, publishedCards } from "./testdata/published-cards.ts";

test("knows fields of sensitive authentication data by any spelling of their names", () => {
  const names =
    "cvc CVV cvv2 cvc2 cid cav2 csc cvn cvp2 security_code cardSecurityCode card-verification-value " +
    "verification_value card_cvc ccCvv cvvNumber track track1 Track_2 tracks track_data track2EquivalentData " +
    "magstripe magnetic_stripe_data pin PIN_block pinCode encrypted_pin_block ｃｖｖ";
  for (const name of names.split(" ")) assert.ok(isSadFieldName(name), name);
});

test("leaves fields alone whose names only contain such a word", () => {
  const names =
    "pan number expiry cardholder_name card_number shipping opinion pinned tracking_number soundtrack " +
    "incident cidr security service_code cavv eci stripe";
  for (const name of names.split(" ")) assert.ok(!isSadFieldName(name), name);
});

test("knows track data and PIN blocks by their shape", () => {
  const values = [
    "%B4242424242424242^LOVELACE/ADA^34121010000000000?",
    "B4242424242424242^LOVELACE/ADA^3412101",
    ";4242424242424242=34121010000000000?",
    "4242424242424242=3412101",
    "4242424242424242D34121010000000000000F",
    "4242424242424242d3412101",
    "041234FFFFFFFFFF",
    "0412ac89abcdef67",
    "141234A5B6C7D8E9",
  ];
  for (const value of values) assert.ok(looksLikeSad(bytesOf(value)), value);
});

test("takes no card number and no other text for track data or a PIN block", () => {
  for (const { number } of publishedCards) assert.ok(!looksLikeSad(bytesOf(number)));
  const texts = ["", "%", ";", "=", "B", "Berlin", "1=1", "941234FFFFFFFFFF", "0F1234FFFFFFFFFF", "041234FFFFFFFFFG"];
  for (const text of texts) assert.ok(!looksLikeSad(bytesOf(text)), text);
});
