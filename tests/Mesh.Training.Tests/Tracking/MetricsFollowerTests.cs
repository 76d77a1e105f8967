using Mesh.Testing;
using Mesh.Training.Tracking;

namespace Mesh.Training.Tests.Tracking;

public sealed class MetricsFollowerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly MetricsFollower follower = new(TimeProvider.System, TimeSpan.FromMilliseconds(5));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string File => folder["metrics.jsonl"];

    [Fact]
    public async Task Every_number_of_a_metric_line_is_a_value_at_its_step_and_time()
    {
        Write("""{"type":"start","rows":7}""" + "\n" + """{"type":"metric","epoch":2,"step":40,"loss":0.5,"note":"x","ok":true,"ts":1700000000123}""" + "\n");
        Write("""{"type":"metric","epoch":3,"name":"lr","value":0.1}""" + "\n" + """{"type":"metric","loss":"NaN"}""" + "\n");

        (await ReadAllAsync()).ShouldBe(
        [
            new MetricPoint("loss", 0.5, 40, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123), 2), new MetricPoint("lr", 0.1, 3, null, 3), new MetricPoint("loss", double.NaN, 0, null),
        ]);
    }

    [Fact]
    public async Task A_line_counts_once_its_newline_is_there()
    {
        bool ended = false;
        await using var values = follower.FollowAsync(File, () => Volatile.Read(ref ended), Stop).GetAsyncEnumerator(Stop);
        var next = values.MoveNextAsync().AsTask();
        Write("""{"type":"metric","loss":1}""" + "\n" + """{"type":"metric","lo""");
        (await next).ShouldBeTrue();
        values.Current.Value.ShouldBe(1);

        next = values.MoveNextAsync().AsTask();
        await Task.Delay(50, Stop);
        next.IsCompleted.ShouldBeFalse();
        Write("""ss":2}""" + "\n");
        (await next).ShouldBeTrue();
        values.Current.ShouldBe(new MetricPoint("loss", 2, 0, null));

        Volatile.Write(ref ended, true);
        (await values.MoveNextAsync()).ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"type":"metric","loss":2""", 1)]
    [InlineData("""{"type":"metric","loss":2}""", 2)]
    public async Task A_last_line_without_newline_counts_when_it_is_whole(string tail, int expected)
    {
        Write("""{"type":"metric","loss":1}""" + "\n" + tail);

        (await ReadAllAsync()).Count.ShouldBe(expected);
    }

    [Fact]
    public async Task Lines_that_are_no_metrics_are_passed_over_a_huge_one_too()
    {
        Write("nonsense\n[]\n{}\n{\"type\":7}\n{\"type\":\"metric\",\"x\":\"\\ud800\"}\n\n" + new string('x', MetricsFollower.MaxLineBytes * 2 + 7) + "\n" + """{"type":"metric","loss":1}""" + "\n");

        (await ReadAllAsync()).ShouldHaveSingleItem().Value.ShouldBe(1);
    }

    [Fact]
    public async Task A_file_that_never_appears_has_no_values()
    {
        (await ReadAllAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Reading_goes_on_at_the_offset_of_the_last_batch()
    {
        for (int i = 0; i < 5_000; i++) Write($$"""{"type":"metric","step":{{i}},"loss":{{i}}}""" + "\n");
        var first = await MetricsFollower.ReadAsync(File, 0, isComplete: false, Stop);
        first.Points.Count.ShouldBeInRange(1, 4_999);

        var rest = new List<MetricPoint>();
        await foreach (var batch in follower.FollowBatchesAsync(File, first.Offset, () => true, Stop)) rest.AddRange(batch.Points);

        first.Points.Concat(rest).Select(point => point.Step).ShouldBe(Enumerable.Range(0, 5_000).Select(i => (long)i));
    }

    public void Dispose() => folder.Dispose();

    private void Write(string text) => System.IO.File.AppendAllText(File, text);

    private async Task<List<MetricPoint>> ReadAllAsync()
    {
        var points = new List<MetricPoint>();
        await foreach (var point in follower.FollowAsync(File, () => true, Stop)) points.Add(point);
        return points;
    }
}
