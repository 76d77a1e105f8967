using System.Globalization;
using System.Text.Json;
using Mesh.Synchronise.Matching;
using Mesh.Testing;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>One scenario of the shared vectors: configuration, messages in order of arrival, and what the reference emitted where.</summary>
internal sealed class GoldenFile
{
    private readonly JsonElement config;

    private GoldenFile(JsonElement config, JsonElement input, JsonElement matches, JsonElement? drops)
    {
        this.config = config;
        Scenario = new Scenario(Number("channels")!.Value, Numbers<int>(input, "channel"), Numbers<long>(input, "stamp_ns"),
            input.TryGetProperty("arrival_ns", out _) ? Numbers<long>(input, "arrival_ns") : null);
        Sets = Rows(matches);
        Drops = drops is { } rows ? Rows(rows) : [];
    }

    public Scenario Scenario { get; }

    /// <summary><c>position: message message ...</c>, as <see cref="RecordingSink.SetTexts"/>.</summary>
    public List<string> Sets { get; }

    public List<string> Drops { get; }

    public string Policy => config.GetProperty("policy").GetString()!;

    public static IEnumerable<string> Names(string folder) =>
        TestData.Root is { } root && Directory.Exists(Path.Combine(root, "sync", folder))
            ? Directory.GetFiles(Path.Combine(root, "sync", folder), "*.jsonl").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
            : ["absent"];

    public static string[] Lines(string folder, string name) => File.ReadAllLines(TestData.PathOf("sync", folder, name));

    public static GoldenFile Read(string folder, string name)
    {
        var lines = Lines(folder, name).Select(line => JsonElement.Parse(line)).ToDictionary(line => line.GetProperty("type").GetString()!);
        return new GoldenFile(lines["config"], lines["input"], lines["matches"], lines.TryGetValue("drops", out var drops) ? drops : null);
    }

    public static GoldenFile Parse(string line)
    {
        var all = JsonElement.Parse(line);
        return new GoldenFile(all, all, all, null);
    }

    public SetMatcher Create(IMatchSink sink) => Policy switch
    {
        "ApproximateTime" => new ApproximateTimeMatcher(Scenario.Channels, sink, ApproximateTime(ApproximateTimeArithmetic.Ros1)),
        "Ros2ApproximateTime" => new ApproximateTimeMatcher(Scenario.Channels, sink, ApproximateTime(ApproximateTimeArithmetic.Ros2)),
        "ExactTime" => new ExactTimeMatcher(Scenario.Channels, sink, Number("queue_size")!.Value),
        "PyTimeSynchronizer" => new PythonExactMatcher(Scenario.Channels, sink, Number("queue_size")!.Value),
        "PyApproximateTimeSynchronizer" => new PythonApproximateMatcher(Scenario.Channels, sink, SlopNs(), Number("queue_size")!.Value),
        "ApproximateEpsilonTime" => new ApproximateEpsilonTimeMatcher(Scenario.Channels, sink, config.GetProperty("epsilon_ns").GetInt64(), Number("queue_size")!.Value),
        "LatestTime" => new LatestTimeMatcher(Scenario.Channels, sink),
        _ => throw new InvalidOperationException(Policy),
    };

    private ApproximateTimeOptions ApproximateTime(ApproximateTimeArithmetic arithmetic) => new()
    {
        QueueSize = Number("queue_size")!.Value,
        AgePenalty = config.GetProperty("age_penalty").GetDouble(),
        MaxIntervalNs = config.TryGetProperty("max_interval_ns", out var interval) && interval.ValueKind == JsonValueKind.Number ? interval.GetInt64() : long.MaxValue,
        LowerBoundsNs = config.TryGetProperty("inter_message_lower_bound_ns", out _) ? Numbers<long>(config, "inter_message_lower_bound_ns") : [],
        Arithmetic = arithmetic,
    };

    private long SlopNs()
    {
        double slop = config.GetProperty("slop_s").GetDouble();
        return (long)slop * 1_000_000_000 + (long)((slop - (long)slop) * 1e9);
    }

    private int? Number(string name) => config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;

    private static T[] Numbers<T>(JsonElement element, string name)
        where T : System.Numerics.INumber<T> =>
        [.. element.GetProperty(name).EnumerateArray().Select(value => T.Parse(value.GetRawText(), CultureInfo.InvariantCulture))];

    private static List<string> Rows(JsonElement rows) =>
    [
        .. rows.GetProperty("emitted_at").EnumerateArray().Zip(rows.GetProperty("sets").EnumerateArray(),
            (position, set) => $"{position}: {string.Join(' ', set.EnumerateArray())}"),
    ];
}
