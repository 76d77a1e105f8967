using Shouldly;
using Xunit;

namespace Mesh.Synchronise.Tests.Frames;

public sealed class InterpolationTests
{
    [Fact]
    public void A_line_is_exact_at_both_ends_and_monotone_between()
    {
        var random = new Random(1);
        for (int i = 0; i < 100_000; i++)
        {
            double a = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-20, 20)), b = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-20, 20));
            Interpolation.Linear(a, b, 0).ShouldBe(a);
            Interpolation.Linear(a, b, 1).ShouldBe(b);
            double u = random.NextDouble(), v = random.NextDouble();
            double low = Interpolation.Linear(a, b, Math.Min(u, v)), high = Interpolation.Linear(a, b, Math.Max(u, v));
            if (a <= b) low.ShouldBeLessThanOrEqualTo(high);
            else low.ShouldBeGreaterThanOrEqualTo(high);
        }
    }

    [Theory]
    [InlineData(0, 10, 1, 4, 3)]
    [InlineData(10, 0, 1, 4, 7)]
    [InlineData(0, 1, 1, 2, 1)]
    [InlineData(0, -1, 1, 2, -1)]
    [InlineData(0, 3, 1, 3, 1)]
    [InlineData(0, 2, 1, 3, 1)]
    [InlineData(0, 1, 1, 3, 0)]
    [InlineData(long.MinValue, long.MaxValue, 1, 1, long.MaxValue)]
    [InlineData(long.MinValue, long.MaxValue, 1, 2, 0)]
    [InlineData(9_007_199_254_740_993, 9_007_199_254_740_995, 1, 2, 9_007_199_254_740_994)]
    public void Whole_numbers_are_rounded_halves_away_from_zero(long a, long b, long numerator, long denominator, long expected) =>
        Interpolation.Integer(a, b, numerator, denominator).ShouldBe(expected);

    [Theory]
    // a, b, u, period, expected, ambiguous
    [InlineData(350, 10, 0.5, 360, 0, false)]
    [InlineData(10, 350, 0.25, 360, 5, false)]
    [InlineData(10, 350, 0.75, 360, 355, false)]
    [InlineData(90, 110, 0.5, 360, 100, false)]
    [InlineData(-170, 170, 0.5, 360, 180, false)]
    [InlineData(170, -170, 0.75, 360, -175, false)]
    [InlineData(-10, 10, 0.5, 360, 0, false)]
    [InlineData(0, 180, 0.5, 360, 90, true)]
    [InlineData(180, 0, 0.25, 360, 225, true)]
    [InlineData(-90, 90, 0.5, 360, 0, true)]
    [InlineData(1075, 1085, 0.5, 360, 1080, false)]
    [InlineData(179.5, -179.5, 0.5, 360, 180, false)]
    [InlineData(6.2, 0.1, 0, 6.283185307179586, 6.2, false)]
    public void Angles_go_the_shorter_way_in_the_range_of_their_neighbours(double a, double b, double u, double period, double expected, bool ambiguous)
    {
        Interpolation.Angle(a, b, u, period, out double difference, out bool isAmbiguous).ShouldBe(expected, 1e-9);
        isAmbiguous.ShouldBe(ambiguous);
        Math.Abs(difference).ShouldBeLessThanOrEqualTo(period / 2);
    }

    [Fact]
    public void Angles_agree_with_the_way_round_a_circle_and_stay_in_range()
    {
        var random = new Random(2);
        for (int i = 0; i < 100_000; i++)
        {
            bool symmetric = i % 2 == 0;
            double a = (random.NextDouble() - (symmetric ? 0.5 : 0)) * 360, b = (random.NextDouble() - (symmetric ? 0.5 : 0)) * 360, u = random.NextDouble();
            double value = Interpolation.Angle(a, b, u, 360, out _, out _);
            bool isSymmetric = a < 0 || b < 0;
            value.ShouldBeInRange(isSymmetric ? -180 : 0, isSymmetric ? 180 : 360);

            // As a rotation: from a, u of the signed angle between the two directions.
            double between = Math.Atan2(Sin(b - a), Cos(b - a)) * 180 / Math.PI;
            Cos(value - (a + u * between)).ShouldBe(1, 1e-12);
        }

        static double Sin(double degrees) => Math.Sin(degrees * Math.PI / 180);
        static double Cos(double degrees) => Math.Cos(degrees * Math.PI / 180);
    }

    [Fact]
    public void Orientations_turn_about_one_axis_at_a_steady_rate()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            // From a given orientation by an angle about an axis: what lies between is known without any interpolation of quaternions.
            var start = Random(random);
            var (x, y, z) = (random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5);
            double length = Math.Sqrt(x * x + y * y + z * z);
            double angle = Math.Pow(10, -10 * random.NextDouble()) * 3.1;
            double u = random.NextDouble();
            var end = Times(start, About(angle));
            if (i % 2 == 0) end *= -1;
            Interpolation.Slerp(start, end, u, out var value, out double turned, out bool ambiguous).ShouldBeTrue();
            var expected = Times(start, About(angle * u));
            if (Interpolation.Vector4D.Dot(value, expected) < 0) expected *= -1;
            (value - expected).Length.ShouldBeLessThan(1e-13 + 1e-13 * angle, $"{angle} rad");
            turned.ShouldBe(angle, 1e-14 + angle * 1e-7);
            ambiguous.ShouldBeFalse();

            Interpolation.Vector4D About(double by)
            {
                double sine = Math.Sin(by / 2) / length;
                return new(x * sine, y * sine, z * sine, Math.Cos(by / 2));
            }
        }
    }

    [Fact]
    public void Half_a_turn_has_no_axis_and_what_is_no_orientation_has_no_value()
    {
        Interpolation.Slerp(new(0, 0, 0, 1), new(1, 0, 0, 0), 0.5, out var value, out double angle, out bool ambiguous).ShouldBeTrue();
        ambiguous.ShouldBeTrue();
        angle.ShouldBe(Math.PI, 1e-12);
        value.Length.ShouldBe(1, 1e-15);
        Interpolation.Slerp(new(0, 0, 0, 0), new(0, 0, 0, 1), 0.5, out _, out _, out _).ShouldBeFalse("no estimate, as REP 145 has it");
        Interpolation.Slerp(new(0, 0, 0, double.NaN), new(0, 0, 0, 1), 0.5, out _, out _, out _).ShouldBeFalse();
        Interpolation.Slerp(new(0, 0, 0, 1.002), new(0, 0, 0, 1), 0.5, out _, out _, out _).ShouldBeFalse();
        Interpolation.Slerp(new(0, 0, 0, 1.0005), new(0, 0, 0, 1), 0.5, out value, out _, out _).ShouldBeTrue();
        value.Length.ShouldBe(1, 1e-15);
    }

    private static Interpolation.Vector4D Random(Random random)
    {
        var any = new Interpolation.Vector4D(random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5);
        return any * (1 / any.Length);
    }

    private static Interpolation.Vector4D Times(Interpolation.Vector4D a, Interpolation.Vector4D b) => new(
        a.W * b.X + a.X * b.W + a.Y * b.Z - a.Z * b.Y,
        a.W * b.Y - a.X * b.Z + a.Y * b.W + a.Z * b.X,
        a.W * b.Z + a.X * b.Y - a.Y * b.X + a.Z * b.W,
        a.W * b.W - a.X * b.X - a.Y * b.Y - a.Z * b.Z);
}
