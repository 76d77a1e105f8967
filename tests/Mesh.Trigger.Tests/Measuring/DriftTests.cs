using Mesh.Trigger.Measuring;

namespace Mesh.Trigger.Tests.Measuring;

/// <summary>
/// The measures against values that numpy 1.24 and scipy 1.10 compute of the raw numbers: quantiles by inverted_cdf for the bins,
/// ks_2samp, and the square of jensenshannon with base 2. The sketch keeps numbers to 1/4096 of their size, hence the tolerance.
/// </summary>
public class DriftTests
{
    [Theory]
    [InlineData(DriftMeasure.Psi, 0.12565291778578982)]
    [InlineData(DriftMeasure.Js, 0.022299701906035037)]
    [InlineData(DriftMeasure.Ks, 0.12473333333333333)]
    public void Two_normal_distributions_are_as_far_apart_as_scipy_says(DriftMeasure measure, double expected) =>
        Drift.Of(measure, Sketch(Normal(1, 5000, 10, 2)), Sketch(Normal(2, 3000, 10.5, 2.5)), 10).ShouldBe(expected, 0.02 * expected);

    [Theory]
    [InlineData(DriftMeasure.Psi, 2.2374090677751988)]
    [InlineData(DriftMeasure.Js, 0.17917069379104208)]
    [InlineData(DriftMeasure.Ks, 0.3095)]
    public void Two_uniform_distributions_across_zero_are_as_far_apart_as_scipy_says(DriftMeasure measure, double expected) =>
        Drift.Of(
            measure, Sketch(Uniform(3, 4000).Select(x => (x * 100) - 50)), Sketch(Uniform(4, 4000).Select(x => (x * 80) - 20)), 10).ShouldBe(expected, 0.02 * expected);

    [Theory]
    [InlineData(DriftMeasure.Psi)]
    [InlineData(DriftMeasure.Js)]
    [InlineData(DriftMeasure.Ks)]
    public void A_distribution_does_not_differ_from_itself(DriftMeasure measure) =>
        Drift.Of(measure, Sketch(Normal(1, 1000, 0, 1)), Sketch(Normal(1, 1000, 0, 1)), 10).ShouldBe(0, 1e-12);

    [Fact]
    public void Texts_are_compared_value_by_value()
    {
        var reference = Texts(("dry", 60), ("wet", 40));
        var current = Texts(("dry", 30), ("wet", 50), ("snow", 20));

        // (0.3 - 0.6) ln(0.3 / 0.6) + (0.5 - 0.4) ln(0.5 / 0.4) + (0.2 - 0.0001) ln(0.2 / 0.0001)
        Drift.Of(DriftMeasure.Psi, reference, current, 10).ShouldBe(0.2079442 + 0.0223144 + 1.5194205, 1e-6);
        Drift.Of(DriftMeasure.Ks, reference, current, 10).ShouldBe(0.3, 1e-12);

        // Half of 0.6 lb(0.6/0.45) + 0.4 lb(0.4/0.45), and half of 0.3 lb(0.3/0.45) + 0.5 lb(0.5/0.45) + 0.2 lb(0.2/0.1)
        Drift.Of(DriftMeasure.Js, reference, current, 10).ShouldBe((0.2490225 - 0.0679700 - 0.1754888 + 0.0760015 + 0.2) / 2, 1e-6);
    }

    [Fact]
    public void Where_all_earlier_values_are_equal_other_values_are_still_seen()
    {
        var reference = Sketch(Enumerable.Repeat(5.0, 100));

        Drift.Of(DriftMeasure.Ks, reference, Sketch(Enumerable.Repeat(7.0, 50)), 10).ShouldBe(1);
        Drift.Of(DriftMeasure.Psi, Sketch(Enumerable.Repeat(5.0, 100)), Sketch([.. Enumerable.Repeat(5.0, 50), .. Enumerable.Repeat(3.0, 50)]), 10).ShouldBe(0, 1e-9);
    }

    [Fact]
    public void A_sketch_of_parts_is_the_sketch_of_the_whole_and_never_grows_beyond_its_bins()
    {
        double[] wide = [.. Normal(5, 20_000, 0, 1).Select(x => Math.Exp(10 * x))];
        var whole = Sketch(wide);
        var parts = new DistributionSketch();
        foreach (var part in wide.Chunk(3_000))
        {
            foreach (var (value, amount) in Sketch(part).Save()) parts.Load(value, amount);
        }

        DistributionSketch.Align(whole, parts);
        whole.Numbers.Count.ShouldBeInRange(100, DistributionSketch.MaxBins);
        parts.Numbers.ShouldBe(whole.Numbers);
        parts.Count.ShouldBe(20_000);
    }

    [Fact]
    public void Bins_are_ordered_as_the_numbers_are()
    {
        double[] numbers = [double.NegativeInfinity, -1e300, -2, -1, -1e-300, -0.0, 0.0, 1e-300, 0.5, 1, 1.5, 2, 1e300, double.PositiveInfinity, double.NaN];
        long[] bins = [.. numbers.Select(number => Sketch([number]).Numbers[0].Key)];

        bins.ShouldBe(bins.Order());
        bins[5].ShouldBe(bins[6]);
        bins.Distinct().Count().ShouldBe(numbers.Length - 1);
    }

    private static DistributionSketch Sketch(IEnumerable<double> numbers)
    {
        var sketch = new DistributionSketch();
        foreach (double number in numbers) sketch.Add(number);
        return sketch;
    }

    private static DistributionSketch Texts(params (string Text, int Rows)[] texts)
    {
        var sketch = new DistributionSketch();
        foreach (var (text, rows) in texts)
        {
            for (int i = 0; i < rows; i++) sketch.Add(text);
        }

        return sketch;
    }

    private static double[] Normal(long seed, int count, double mean, double deviation)
    {
        double[] u = Uniform(seed, 2 * count);
        return [.. Enumerable.Range(0, count).Select(i => mean + (deviation * Math.Sqrt(-2 * Math.Log(1 - u[i])) * Math.Cos(2 * Math.PI * u[i + count])))];
    }

    private static double[] Uniform(long seed, int count)
    {
        double[] numbers = new double[count];
        for (int i = 0; i < count; i++)
        {
            seed = ((1_103_515_245 * seed) + 12_345) % 2_147_483_648;
            numbers[i] = seed / 2_147_483_648.0;
        }

        return numbers;
    }
}
