using Mesh.Formats.Mdf.Conversions;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf;

public sealed class FormulaTests
{
    [Theory]
    [InlineData("X", 3)]
    [InlineData("x1 + 4", 7)]
    [InlineData("2 + X * 4", 14)]
    [InlineData("(2 + X) * 4", 20)]
    [InlineData("X - 1 - 1", 1)]
    [InlineData("24 / X / 2", 4)]
    [InlineData("-X^2", -9)]
    [InlineData("2^X^2", 512)]
    [InlineData("2^-1 * X", 1.5)]
    [InlineData("2 * -X", -6)]
    [InlineData("--X", 3)]
    [InlineData("1.5e1 + .5 + 2E-1", 15.7)]
    [InlineData("0x1F + X", 34)]
    [InlineData("sqrt(X * X + 16)", 5)]
    [InlineData("POW(X, 2) + Abs(-1)", 10)]
    [InlineData("log(1000) + ln(exp(2))", 5)]
    [InlineData("log10(100)", 2)]
    [InlineData("sin(0) + cos(0) + tan(0)", 1)]
    [InlineData("arcsin(1) - asin(1) + arctan(0) + acos(1)", 0)]
    [InlineData("sinh(0) + cosh(0) + tanh(0)", 1)]
    [InlineData("X & 1 | 8", 9)]
    [InlineData("X xor 1", 2)]
    [InlineData("X << 2 >> 1", 6)]
    [InlineData("~X", -4)]
    [InlineData("X > 2 && X <= 3", 1)]
    [InlineData("X == 4 || !X", 0)]
    [InlineData("(X >= 3) * 10 + (X != 3)", 10)]
    [InlineData("  X\t+\n1 ", 4)]
    public void Formulas_are_calculated_as_written(string formula, double expected) =>
        FormulaParser.Parse(formula).Apply(3).ShouldBe(expected, 1e-12);

    [Fact]
    public void Every_value_of_a_long_run_is_calculated()
    {
        double[] values = [.. Enumerable.Range(0, 1000).Select(i => i / 7.0)];
        double[] expected = [.. values.Select(x => Math.Sqrt(Math.Abs(Math.Sin(x))) / (1 + (x * x)))];
        FormulaParser.Parse("sqrt(abs(sin(X))) / (1 + X*X)").Apply(values);
        values.ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("X +")]
    [InlineData("(X")]
    [InlineData("X)")]
    [InlineData("X Y")]
    [InlineData("Y")]
    [InlineData("sin X")]
    [InlineData("pow(X)")]
    [InlineData("sin(X, 1)")]
    [InlineData("1.2.3")]
    [InlineData("0x")]
    [InlineData("0x11112222333344445")]
    [InlineData("X $ 1")]
    [InlineData("system(1)")]
    [InlineData("X ** * 2")]
    public void What_is_no_formula_is_refused(string formula) => Should.Throw<ConversionException>(() => FormulaParser.Parse(formula));

    [Fact]
    public void Depth_and_length_are_bounded()
    {
        Should.Throw<ConversionException>(() => FormulaParser.Parse(new string('(', 5000) + "X" + new string(')', 5000)));
        Should.Throw<ConversionException>(() => FormulaParser.Parse(new string('-', 5000) + "X"));
        Should.Throw<ConversionException>(() => FormulaParser.Parse(string.Concat(Enumerable.Repeat("X^", 4000)) + "X"));
        Should.Throw<ConversionException>(() => FormulaParser.Parse(string.Concat(Enumerable.Repeat("X+", 100_000)) + "X"));
        FormulaParser.Parse(string.Concat(Enumerable.Repeat("X+", 4000)) + "X").Apply(1).ShouldBe(4001);
    }

    [Fact]
    public void Random_characters_are_refused_or_calculated()
    {
        string[] pieces = ["X", "1", "(", ")", "+", "-", "*", "/", "^", "&", "|", "<", ">", "=", "!", "~", ",", "sin", "pow", " XOR ", "0x", ".", "e", " ", "é"];
        var random = new Random(23);
        int calculated = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string formula = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => pieces[random.Next(pieces.Length)]));
            try
            {
                FormulaParser.Parse(formula).Apply(2);
                calculated++;
            }
            catch (ConversionException)
            {
            }
        }

        calculated.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Random_formulas_equal_a_naive_tree()
    {
        var random = new Random(17);
        for (int i = 0; i < 500; i++)
        {
            var (text, value) = Tree(random, 5, 1.75);
            double found = FormulaParser.Parse(text).Apply(1.75);
            if (double.IsNaN(value)) found.ShouldBe(double.NaN, text);
            else found.ShouldBe(value, text);
        }
    }

    private static (string Text, double Value) Tree(Random random, int depth, double x)
    {
        if (depth == 0) return random.Next(2) == 0 ? ("X", x) : ("2.5", 2.5);
        var (left, a) = Tree(random, random.Next(depth), x);
        var (right, b) = Tree(random, random.Next(depth), x);
        return random.Next(6) switch
        {
            0 => ($"({left}+{right})", a + b),
            1 => ($"({left} - {right})", a - b),
            2 => ($"({left}*{right})", a * b),
            3 => ($"({left}/{right})", a / b),
            4 => ($"sin({left})", Math.Sin(a)),
            _ => ($"pow({left},{right})", Math.Pow(a, b)),
        };
    }
}
