// The small tools of the chapters. Without this script a page is complete and shows their first answers.
// The words are those of lib/tools.py and the arithmetic is that of lib/published.py, lib/reconstruct.py,
// lib/wald.py and lib/prediction.py; tests hold them against each other.
const tools = (() => {
  const DASH = "–";
  const whole = (number) => Number(number).toLocaleString("en-US");
  const capitalized = (words) => words[0].toUpperCase() + words.slice(1);

  // ---- printed numbers, in whole numbers of half units of the last digit

  const PRINTED = /^([<>≤≥]?)\s*(-?\d+(?:\.(\d+))?)\s*(%?)$/;

  function parse(text) {
    const match = PRINTED.exec(text.trim());
    if (!match) return null;
    const [, sign, digits, decimals = "", percent] = match;
    return { sign, units: BigInt(digits.replace(".", "")), decimals: decimals.length, percent,
      unitsInOne: 10n ** BigInt(decimals.length + (percent ? 2 : 0)) };
  }

  // The values that print as a text: bounds (null is no bound) in parts of which `over` make one.
  function interval(text, rounding) {
    const { sign, units, unitsInOne } = parse(text);
    const over = 2n * unitsInOne;
    const value = 2n * units;
    if (sign === "<" || sign === "≤") return { over, lower: null, upper: value, upperClosed: sign === "≤" };
    if (sign === ">" || sign === "≥") return { over, lower: value, upper: null, lowerClosed: sign === "≥" };
    const even = units % 2n === 0n;
    let [away, toward] = units >= 0n ? [true, false] : [false, true];
    if (units === 0n) away = toward = rounding !== "half_up";
    else if (rounding === "half_even") away = toward = even;
    else if (rounding !== "half_up") [away, toward] = [away || even, toward || even];
    return { over, lower: value - 1n, upper: value + 1n, lowerClosed: away, upperClosed: toward };
  }

  const floorOf = (a, b) => a / b - (a % b !== 0n && a < 0n ? 1n : 0n);

  // First and last count out of a total that prints as a text; null where there is none.
  function countsBehind(text, total, rounding) {
    const { over, lower, upper, lowerClosed, upperClosed } = interval(text, rounding);
    const all = BigInt(total);
    let first = 0n;
    let last = all;
    if (lower !== null) {
      first = -floorOf(-lower * all, over);
      if (!lowerClosed && first * over === lower * all) first += 1n;
      if (first < 0n) first = 0n;
    }
    if (upper !== null) {
      last = floorOf(upper * all, over);
      if (!upperClosed && last * over === upper * all) last -= 1n;
      if (last > all) last = all;
    }
    return first > last ? null : [Number(first), Number(last)];
  }

  // A proportion with so many decimals, halves up.
  function share(count, total, decimals, percent) {
    const scale = 10n ** BigInt(decimals) * (percent ? 100n : 1n);
    const units = (2n * BigInt(count) * scale + BigInt(total)) / (2n * BigInt(total));
    const digits = units.toString().padStart(decimals + 1, "0");
    return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}${percent}`;
  }

  // Whole numbers in order, neighbors drawn together.
  function runs(ranges) {
    const joined = [];
    for (const [first, last] of ranges) {
      const before = joined[joined.length - 1];
      if (before && first === before[1] + 1) before[1] = last;
      else joined.push([first, last]);
    }
    return joined.map(([a, b]) => (a === b ? whole(a) : `${whole(a)}–${whole(b)}`)).join(", ") || "none";
  }

  function counts({ printed, total, most }) {
    printed = printed.trim();
    const about = parse(printed);
    if (!about) return wrong("printed", `“${printed}” is not a printed number; expected for example 0.020, 89.4% or <0.05.`);
    const isCount = (text, greatest) => /^\d{1,6}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= greatest;
    if (!isCount(total, 100000)) return wrong("total", "The number of patients must be a whole number from 1 to 100,000.");
    if (!isCount(most, 1000)) return wrong("most", "The largest denominator must be a whole number from 1 to 1,000.");
    const all = Number(total);
    const shareOf = (count) => `${whole(count)} (${share(count, all, about.decimals + 1, about.percent)})`;
    const found = countsBehind(printed, all);
    let which;
    if (!found) {
      const exact = Number(floorOf(about.units * BigInt(all), about.unitsInOne));
      const below = Math.min(Math.max(exact, 0), all);
      const nearest = [below, below + 1].filter((count) => count <= all).map(shareOf).join(" and ");
      which = `No count out of ${whole(all)} prints ${printed}. The nearest: ${nearest}.`;
    } else if (found[0] === found[1]) {
      which = `Only one count out of ${whole(all)} prints ${printed}: ${shareOf(found[0])}.`;
    } else {
      const many = `${whole(found[1] - found[0] + 1)} counts out of ${whole(all)} print ${printed}`;
      which = `${many}: ${shareOf(found[0])} to ${shareOf(found[1])}.`;
    }
    const [up, even] = ["half_up", "half_even"].map((rule) => countsBehind(printed, all, rule)).map((range) => runs(range ? [range] : []));
    const possible = Array.from({ length: Number(most) }, (_, i) => i + 1).filter((size) => countsBehind(printed, size));
    return {
      sentences: [
        which,
        up === even ? "Both ways of rounding a half say the same." : `Halves rounded up: ${up}. Halves to the even digit: ${even}.`,
        `Denominators up to ${whole(most)} that can print ${printed}: ${runs(possible.map((size) => [size, size]))}.`,
      ],
    };
  }

  // ---- predictive values

  function predictiveValues(sensitivity, specificity, prevalence) {
    const truePositive = sensitivity * prevalence;
    const falsePositive = (1 - specificity) * (1 - prevalence);
    const trueNegative = specificity * (1 - prevalence);
    const falseNegative = (1 - sensitivity) * prevalence;
    return [truePositive / (truePositive + falsePositive), trueNegative / (trueNegative + falseNegative)];
  }

  function percent(value) {
    if (Number.isNaN(value)) return DASH;
    const below = Math.floor(100 * value);
    const rest = 100 * value - below;
    return `${below + (rest > 0.5 || (rest === 0.5 && below % 2) ? 1 : 0)}%`;
  }

  function prevalence(values, { markers }) {
    const rows = markers.map(({ label, sensitivity, specificity }) => {
      const [positive, negative] = predictiveValues(sensitivity, specificity, Number(values.percent) / 100);
      return [label, percent(positive), percent(1 - negative)];
    });
    return { sentences: [`If ${values.percent}% of all patients have the event, this is the risk of a patient:`], rows };
  }

  // ---- the reporting polygon of an odds ratio, its limits and P

  const QUANTITIES = { odds_ratio: "odds ratio", odds_ratio_lower: "lower limit", odds_ratio_upper: "upper limit", p_value: "P" };
  const RATIOS = Object.keys(QUANTITIES).slice(0, 3);
  const TOLERANCE = 1e-12;
  const density = (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

  // The upper tail of the normal distribution from x >= 0: a series near zero, a continued fraction beyond.
  function upperTail(x) {
    if (x < 2.5) {
      let sum = x;
      for (let term = x, k = 3; term > 1e-17 * sum; k += 2) sum += term *= (x * x) / k;
      return 0.5 - density(x) * sum;
    }
    let fraction = x;
    for (let k = 200; k >= 1; k -= 1) fraction = x + k / fraction;
    return density(x) / fraction;
  }

  // Where the upper tail is so large, at most a half: Newton's steps on its logarithm, which is concave.
  function upperQuantile(tail) {
    let x = Math.sqrt(Math.max(-2 * Math.log(2 * tail), 0));
    for (let step = 0; step < 60; step += 1) {
      const now = upperTail(x);
      const change = (Math.log(now / tail) * now) / density(x);
      x = Math.max(x + change, 0);
      if (Math.abs(change) < 1e-15 * (1 + x)) break;
    }
    return x;
  }

  function bounds(text) {
    const { over, lower, upper } = interval(text);
    const value = (bound) => (bound === null ? null : Number(bound) / Number(over));
    return [value(lower), value(upper)];
  }

  // Rows [a, b, c] of a beta + b sigma <= c.
  function halfPlanes(printed, z, side) {
    const rows = [];
    const slopes = { odds_ratio: 0, odds_ratio_lower: -z, odds_ratio_upper: z };
    for (const [quantity, slope] of Object.entries(slopes)) {
      if (!printed[quantity]) continue;
      const [lower, upper] = bounds(printed[quantity]);
      rows.push([1, slope, Math.log(upper)]);
      if (lower > 0) rows.push([-1, -slope, -Math.log(lower)]);
    }
    if (printed.p_value) {
      const [lower, upper] = bounds(printed.p_value);
      if (upper !== null && upper < 1) rows.push([-side, upperQuantile(upper / 2), 0]);
      if (lower !== null && lower > 0) rows.push([side, -upperQuantile(lower / 2), 0]);
    }
    return [...rows, [-side, 0, 0], [0, -1, 0]];
  }

  // The signs that beta may have.
  function sides(printed) {
    const known = (printed.odds_ratio ? RATIOS.slice(0, 1) : RATIOS.slice(1)).filter((name) => printed[name]);
    const ends = known.map((name) => bounds(printed[name]));
    const low = ends.reduce((product, [lower]) => product * Math.max(lower, 0), 1);
    const high = ends.reduce((product, [, upper]) => product * upper, 1);
    return [high >= 1 ? [1] : [], low < 1 ? [-1] : []].flat();
  }

  // The corners [beta, sigma] of all that the printed texts allow; none where they contradict one another.
  function corners(printed, z) {
    const found = [];
    for (const side of sides(printed)) {
      const planes = halfPlanes(printed, z, side);
      planes.forEach(([a, b, c], first) => {
        for (const [d, e, f] of planes.slice(first + 1)) {
          const determinant = a * e - b * d;
          if (Math.abs(determinant) <= TOLERANCE) continue;
          const beta = (c * e - b * f) / determinant;
          const sigma = (a * f - c * d) / determinant;
          if (planes.every(([p, q, most]) => p * beta + q * sigma <= most + TOLERANCE)) found.push([beta, sigma]);
        }
      });
    }
    return found;
  }

  function multipliers(level) {
    const exact = upperQuantile((1 - level) / 2);
    return [exact, Math.round(exact * 100) / 100];
  }

  const agree = (printed, level) => multipliers(level).some((z) => corners(printed, z).length > 0);

  // Least and greatest value that the others allow: null where they contradict one another, and
  // undefined where they are too few to say.
  function possible(printed, quantity, level) {
    const others = { ...printed, [quantity]: "" };
    if (RATIOS.filter((name) => others[name]).length < 2) return undefined;
    const values = multipliers(level).flatMap((z) =>
      corners(others, z).map(([beta, sigma]) => ({
        odds_ratio: () => Math.exp(beta),
        odds_ratio_lower: () => Math.exp(beta - z * sigma),
        odds_ratio_upper: () => Math.exp(beta + z * sigma),
        p_value: () => (sigma > 0 ? 2 * upperTail(Math.abs(beta) / sigma) : 0),
      })[quantity]()),
    );
    return values.length ? [Math.min(...values), Math.max(...values)] : null;
  }

  // Halves go up, whatever their last bits are.
  function range([least, greatest], text) {
    const digits = text ? parse(text).decimals + 1 : 3;
    const end = (value) => (value > 999999 ? `over ${whole(999999)}` : (value * (1 + 1e-12)).toFixed(digits));
    return `${end(least)} to ${end(greatest)}`;
  }

  function wald(values, { level }) {
    const printed = Object.fromEntries(Object.keys(QUANTITIES).map((quantity) => [quantity, values[quantity].trim()]));
    for (const quantity of RATIOS) {
      const about = parse(printed[quantity]);
      if (printed[quantity] && (!about || about.sign || about.percent || about.units <= 0n)) {
        return wrong(quantity, `The ${QUANTITIES[quantity]} must be a plain number above zero.`);
      }
    }
    const p = parse(printed.p_value);
    if (printed.p_value && (!p || p.units < 0n || p.units > p.unitsInOne || ("<≤".includes(p.sign) && p.sign && p.units === 0n))) {
      return wrong("p_value", "P must be a number from 0 to 1, or for example <0.05.");
    }
    const given = RATIOS.filter((quantity) => printed[quantity]);
    if (given.length < 2) {
      const empty = RATIOS.find((quantity) => !printed[quantity]);
      return wrong(empty, "At least two of the odds ratio and its limits are needed.");
    }
    const together = agree(printed, level);
    const odd = [];
    const rows = Object.entries(QUANTITIES).map(([quantity, words]) => {
      const text = printed[quantity];
      const found = possible(printed, quantity, level);
      let allowed = found === undefined ? DASH : "nothing, they contradict one another";
      if (found) allowed = range(found, text);
      let fits = DASH;
      if (text && together) fits = "yes";
      else if (text && found) {
        fits = "no";
        odd.push(`the ${words}`);
      }
      return [capitalized(words), text || DASH, allowed, fits];
    });
    let sentence = "These can be Wald results of one model.";
    if (!together) {
      const reason = odd.length ? `The misprint may be in ${odd.join(" or ")}.` : "No single one of them is the reason.";
      sentence = `These cannot all be Wald results of one model. ${reason}`;
    }
    return { sentences: [sentence], rows };
  }

  // ---- the forms

  const wrong = (field, sentence) => ({ sentences: [sentence], field });
  const answers = { counts, prevalence, wald };

  function show(section, answer) {
    const result = section.querySelector(".result");
    for (const old of result.querySelectorAll("p")) old.remove();
    result.prepend(...answer.sentences.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
    const table = result.querySelector("table");
    if (table) table.hidden = !answer.rows;
    answer.rows?.forEach((cells, i) => cells.forEach((text, j) => (table.tBodies[0].rows[i].cells[j].textContent = text)));
    for (const input of section.querySelectorAll("input")) {
      if (input.type !== "range") input.setAttribute("aria-invalid", String(input.name === answer.field));
      else input.setAttribute("aria-valuetext", `${input.value}%`);
    }
  }

  function mount(section) {
    const form = section.querySelector("form");
    const data = JSON.parse(section.dataset.data);
    const update = () => show(section, answers[section.dataset.tool](Object.fromEntries(new FormData(form)), data));
    form.addEventListener("input", update);
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const button of form.querySelectorAll("button")) {
      button.addEventListener("click", () => {
        for (const [name, value] of Object.entries(JSON.parse(button.dataset.values))) form.elements[name].value = value;
        update();
      });
    }
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("section.tool").forEach(mount));
  return { answers, agree, countsBehind, possible, predictiveValues };
})();
