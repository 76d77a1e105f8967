using System.Text.Json;
using Mesh.Synchronise.Clocks;

namespace Mesh.Synchronise.Tests.Clocks;

/// <summary>A simulated log with its truth, made by another program: <c>sync/golden_clock</c> of the shared test data.</summary>
internal sealed class GoldenClock
{
    private GoldenClock(string path)
    {
        foreach (string line in File.ReadLines(path))
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            switch (root.GetProperty("type").GetString())
            {
                case "config":
                    Name = root.GetProperty("name").GetString()!;
                    Delay = root.GetProperty("delay_kind").GetString()!;
                    break;
                case "input":
                    Device = Longs(root.GetProperty("dev_ns"));
                    Receive = Longs(root.GetProperty("recv_ns"));
                    if (root.TryGetProperty("gnss_pairs", out var pairs)) Pairs = [.. pairs.EnumerateArray().Select(pair => new ClockPair(pair[0].GetInt64(), pair[1].GetInt64()))];
                    break;
                case "truth":
                    Slope = root.GetProperty("slope_offset_vs_device_ppm").GetDouble();
                    DelayMin = root.GetProperty("delay_min_ns").GetInt64();
                    Expect = root.GetProperty("expect").GetString()!;
                    SampleIndex = Longs(root.GetProperty("sample_index"));
                    SampleOffset = Longs(root.GetProperty("sample_offset_ns"));
                    Jumps = [.. root.GetProperty("jumps").EnumerateArray().Select(jump => (jump.GetProperty("index").GetInt64(), jump.GetProperty("delta_ns").GetInt64()))];
                    break;
                default:
                    var accept = root.GetProperty("accept");
                    AcceptRms = accept.GetProperty("offset_rms_ns").ValueKind == JsonValueKind.Number ? accept.GetProperty("offset_rms_ns").GetDouble() : null;
                    AcceptSlope = accept.GetProperty("slope_ppm").ValueKind == JsonValueKind.Number ? accept.GetProperty("slope_ppm").GetDouble() : null;
                    AcceptDelta = accept.GetProperty("jump_delta_ns").ValueKind == JsonValueKind.Number ? accept.GetProperty("jump_delta_ns").GetDouble() : null;
                    AcceptIndex = accept.GetProperty("jump_index_tolerance").GetInt64();
                    break;
            }
        }
    }

    public string Name { get; } = "";

    public string Delay { get; } = "";

    public long[] Device { get; } = [];

    public long[] Receive { get; } = [];

    public ClockPair[] Pairs { get; } = [];

    public double Slope { get; }

    public long DelayMin { get; }

    public string Expect { get; } = "";

    public long[] SampleIndex { get; } = [];

    public long[] SampleOffset { get; } = [];

    public (long Index, long Delta)[] Jumps { get; } = [];

    public double? AcceptRms { get; }

    public double? AcceptSlope { get; }

    public double? AcceptDelta { get; }

    public long AcceptIndex { get; }

    public static IEnumerable<string> Names(string root) => Directory.EnumerateFiles(Path.Combine(root, "sync/golden_clock"), "*.jsonl").Select(path => Path.GetFileName(path)[..3]).Order();

    public static GoldenClock Load(string root, string id) => new(Directory.EnumerateFiles(Path.Combine(root, "sync/golden_clock"), id + "_*.jsonl").Single());

    /// <summary>Errors of a model at the truth's samples, and the share of them that its band covers.</summary>
    /// <param name="model">The model.</param>
    /// <param name="withPairs">Whether it was given the pairs, which tell the least delay.</param>
    public (double Rms, double[] Errors, double Coverage, double HalfWidth) Score(ClockModel model, bool withPairs)
    {
        var errors = new double[SampleIndex.Length];
        var widths = new double[SampleIndex.Length];
        int covered = 0;
        for (int i = 0; i < errors.Length; i++)
        {
            long index = SampleIndex[i];
            var segment = model.SegmentAt(Receive[index]);
            long truth = SampleOffset[i] + (withPairs ? 0 : DelayMin);
            errors[i] = segment.ToHost(Device[index]) - Device[index] - truth;
            widths[i] = segment.HalfWidthAt(Device[index]);
            if (Math.Abs(errors[i]) <= widths[i]) covered++;
        }

        Array.Sort(widths);
        return (Math.Sqrt(errors.Average(error => error * error)), errors, (double)covered / errors.Length, widths[widths.Length / 2]);
    }

    private static long[] Longs(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetInt64())];
}
