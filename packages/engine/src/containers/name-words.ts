/** The two halves of made-up container names. */
export const adjectives: readonly string[] = (
  "able agile amber apt artful awake balmy blithe bold boring brave breezy brisk calm candid careful cheerful civil clear clever " +
  "cosy curious daring deft devoted eager earnest easy elated fair faithful fearless fluent fond frank free fresh " +
  "gentle genuine glad golden graceful grand handy happy hardy helpful honest hopeful humble jolly jovial keen kind " +
  "lively loyal lucid lucky mellow merry mighty mild modest neat nimble noble patient placid plucky polite proud quick " +
  "quiet radiant ready robust sage serene silent sincere sleek smart snug sober steady stoic subtle sunny swift tidy " +
  "thrifty tranquil trusty upbeat valiant vivid warm wise witty zesty"
).split(" ");

export const surnames: readonly string[] = (
  "abel agnesi ampere archimedes avogadro babbage bartik bernoulli bohr boole bose brahe cantor cauchy celsius " +
  "chandrasekhar conway copernicus coulomb curie cray darwin dijkstra dirac earhart edison einstein engelbart eratosthenes euclid " +
  "euler faraday fermat fermi feynman fibonacci fourier franklin galileo galois gauss germain goodall hamilton hawking " +
  "heisenberg herschel hilbert hodgkin hopper huygens hypatia jacquard joule kepler keller kovalevskaya lagrange lamarr " +
  "laplace leavitt leibniz liskov lovelace maxwell mayer meitner mendel mirzakhani napier nash newton noether ohm pascal " +
  "pasteur payne perlman planck poincare ptolemy ramanujan riemann ritchie rutherford sagan shannon snell tesla thompson " +
  "torvalds turing volta watt wiles wilson wozniak wu yalow yonath"
).split(" ");
