using Mesh.Training.Handoff.Bom;
using Mesh.Training.Handoff.Evidence;

namespace Mesh.Training.Tests.Handoff;

public sealed class WilsonTests
{
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void The_interval_is_that_of_Newcombe_1998_table_I_method_3(int hits, int count, double low, double high)
    {
        var interval = Wilson.Interval((double)hits / count, count);
        interval.Low.ShouldBe(low, 5e-5);
        interval.High.ShouldBe(high, 5e-5);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 2, 1)]
    [InlineData(1, 3, 1)]
    [InlineData(2, 1, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(2, 3, 3)]
    [InlineData(3, 1, 0)]
    [InlineData(0, 1, 0)]
    [InlineData(2, 4, 0)]
    [InlineData(2, 0, 0)]
    public void The_confidence_level_of_a_tool_is_that_of_the_matrix(int impact, int detection, int level) => ToolRecord.LevelOf(impact, detection).ShouldBe(level);
}
