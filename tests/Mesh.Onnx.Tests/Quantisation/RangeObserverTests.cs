using Mesh.Onnx.Quantisation;

namespace Mesh.Onnx.Tests.Quantisation;

public class RangeObserverTests
{
    /// <summary>A bell of 100,000 values with standard deviation 1, and one value far away.</summary>
    private static ValueRange Chosen(CalibrationMethod method, float outlier = 50)
    {
        var random = new Random(11);
        float[] values = [.. Enumerable.Range(0, 100_000).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))), outlier];
        var observer = new RangeObserver("t");
        observer.Limit(values);
        observer.Count(values);
        return observer.Choose(new QuantisationOptions { Method = method, Percentile = 99.9 });
    }

    [Fact]
    public void MinMax_keeps_everything() => Chosen(CalibrationMethod.MinMax).Max.ShouldBe(50);

    [Fact]
    public void Percentile_clips_the_outermost()
    {
        var range = Chosen(CalibrationMethod.Percentile);

        // 0.05 % of a normal distribution lie beyond 3.29 on each side; a bin is 0.05 wide.
        range.Max.ShouldBe(3.29f, 0.15f);
        range.Min.ShouldBe(-3.29f, 0.15f);
    }

    [Theory]
    [InlineData(CalibrationMethod.Entropy, 40)]
    [InlineData(CalibrationMethod.MeanSquaredError, 49)]
    public void One_outlier_does_not_take_the_steps_of_all_others(CalibrationMethod method, float most) => Chosen(method).Max.ShouldBeInRange(2.5f, most);

    [Fact]
    public void Without_outliers_the_least_error_is_near_the_whole_range() => Chosen(CalibrationMethod.MeanSquaredError, 4).Max.ShouldBeGreaterThan(3.2f);

    [Theory]
    [InlineData(QuantisationFlavour.OrtU8S8, 0, 0)]
    [InlineData(QuantisationFlavour.OrtS8S8, 0, -128)]
    [InlineData(QuantisationFlavour.TensorRt, 0, 0)]
    [InlineData(QuantisationFlavour.OrtU8S8, -2, 85)]
    public void Zero_is_exact(QuantisationFlavour flavour, float min, int zeroPoint)
    {
        var parameters = QuantisationParameters.Cover(new ValueRange(min, 4), flavour);

        parameters.ZeroPoint.ShouldBe(zeroPoint);
        parameters.Dequantise(parameters.Quantise(0)).ShouldBe(0);
        parameters.Dequantise(parameters.Quantise(4)).ShouldBe(4, parameters.Scale);
    }
}
