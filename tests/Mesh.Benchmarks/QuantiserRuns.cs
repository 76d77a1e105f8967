using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Mesh.Onnx;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Pruning;
using Mesh.Onnx.Quantisation;

namespace Mesh.Benchmarks;

/// <summary>
/// What quantising costs in time and memory: <c>quantise 100MB</c> writes a model of that many weights, a stack of 3 × 3 convolutions and of matrix
/// products, and quantises it; each step runs in a process of its own, so that its peak memory is its own.
/// </summary>
internal static class QuantiserRuns
{
    private const int Filters = 256;
    private const int Width = 1024;

    public static async Task<int> RunAsync(string[] args)
    {
        long bytes = args is [var text, ..] ? Bytes(text) : 100_000_000;
        string folder = Directory.CreateTempSubdirectory("mesh-quantise-").FullName;
        try
        {
            string path = Path.Combine(folder, "model.onnx");
            await File.WriteAllBytesAsync(path, Model(bytes)).ConfigureAwait(false);
            System.Console.WriteLine(FormattableString.Invariant($"model of {new FileInfo(path).Length / 1e6:F1} MB, batches of 1, float32"));
            foreach (string step in (string[])["read", "evaluate", "min-max", "entropy", "tensorrt", "prune"])
            {
                using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(QuantiserRuns).Assembly.Location, "quantise-here", step, path]) { UseShellExecute = false })!;
                await process.WaitForExitAsync().ConfigureAwait(false);
                if (process.ExitCode != 0) return process.ExitCode;
            }

            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>One step, in this process.</summary>
    public static async Task<int> MeasureAsync(string step, string path)
    {
        long start = Stopwatch.GetTimestamp();
        byte[] bytes = await File.ReadAllBytesAsync(path).ConfigureAwait(false);
        var (model, _) = OnnxModelReader.Read(bytes);
        bytes = [];
        string result = step switch
        {
            "read" => $"{ModelGraph.Read(model).Nodes.Count} nodes",
            "evaluate" => Evaluate(model),
            "prune" => await PruneAsync(model).ConfigureAwait(false),
            _ => await QuantiseAsync(model, step).ConfigureAwait(false),
        };
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        System.Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {step,-9} {seconds,6:F2} s, cpu {Environment.CpuUsage.TotalTime.TotalSeconds,6:F2} s, peak {PeakMegabytes(),5:F0} MB, {result}"));
        return 0;
    }

    private static string Evaluate(ModelProto model)
    {
        using var session = new OnnxEvaluator().Open(model.ToByteArray());
        return $"{session.Run(Sample(0), ["out"])[0].Count} outputs";
    }

    private static async Task<string> QuantiseAsync(ModelProto model, string step)
    {
        var options = new QuantisationOptions { Flavour = step == "tensorrt" ? QuantisationFlavour.TensorRt : QuantisationFlavour.OrtU8S8, Method = step == "entropy" ? CalibrationMethod.Entropy : CalibrationMethod.MinMax };
        var (quantised, report) = await new PostTrainingQuantiser(new OnnxEvaluator()).QuantiseAsync(model, Samples(4), options, CancellationToken.None).ConfigureAwait(false);
        return string.Create(CultureInfo.InvariantCulture, $"{report.Quantised.Count} layers, {quantised.CalculateSize() / 1e6:F1} MB, {report.Outputs.SqnrDb:F1} dB");
    }

    private static async Task<string> PruneAsync(ModelProto model)
    {
        var (pruned, report) = await new StructuredPruner().PruneAsync(model, new PruningOptions(), null, CancellationToken.None).ConfigureAwait(false);
        return string.Create(CultureInfo.InvariantCulture, $"{report.Pruned.Count} layers, {pruned.CalculateSize() / 1e6:F1} MB");
    }

    private static async IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> Samples(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.CompletedTask.ConfigureAwait(false);
            yield return Sample(i);
        }
    }

    private static Dictionary<string, OnnxTensor> Sample(int seed) => new() { ["image"] = OnnxTensor.Of<float>(Numbers(seed, 3 * 16 * 16, 1), 1, 3, 16, 16) };

    /// <summary>Half of the weights in convolutions over 13 × 13, half in matrix products.</summary>
    private static byte[] Model(long bytes)
    {
        var builder = new OnnxModelBuilder("stack", "1").AddInput("image", 3, 16, 16);
        int convolutions = (int)Math.Max(1, bytes / 2 / (Filters * Filters * 9 * sizeof(float))), products = (int)Math.Max(1, bytes / 2 / (Width * Width * sizeof(float)));
        builder.AddInitializer("w0", Numbers(0, Filters * 3 * 16, 0.1), Filters, 3, 4, 4).AddNode("Conv", ["image", "w0"], "c0").AddNode("Relu", ["c0"], "x0");
        for (int i = 1; i <= convolutions; i++)
        {
            builder.AddInitializer($"w{i}", Numbers(i, Filters * Filters * 9, 0.04), Filters, Filters, 3, 3).AddInitializer($"b{i}", Numbers(-i, Filters, 0.1), Filters);
            builder.AddNode("Conv", [$"x{i - 1}", $"w{i}", $"b{i}"], $"c{i}").AddNode("Relu", [$"c{i}"], $"r{i}").AddNode("GlobalAveragePool", [$"r{i}"], $"m{i}").AddNode("Add", [$"r{i}", $"m{i}"], $"x{i}");
        }

        builder.AddNode("GlobalAveragePool", [$"x{convolutions}"], "pooled").AddNode("Flatten", ["pooled"], "flat").AddInitializer("v0", Numbers(1000, Filters * Width, 0.1), Filters, Width).AddNode("MatMul", ["flat", "v0"], "y0");
        for (int i = 1; i <= products; i++)
        {
            builder.AddInitializer($"v{i}", Numbers(1000 + i, Width * Width, 0.05), Width, Width).AddNode("MatMul", [$"y{i - 1}", $"v{i}"], $"h{i}").AddNode("Relu", [$"h{i}"], $"y{i}");
        }

        var graph = ModelGraph.Read(builder.AddInitializer("head", Numbers(5000, Width * 10, 0.05), Width, 10).AddNode("MatMul", [$"y{products}", "head"], "out").AddOutput("out", 10).Build());
        foreach (var node in graph.Nodes.Where(node => node is { OperatorType: "Conv", Name: not "c0" })) node.Set("pads", [1L, 1, 1, 1]);
        return graph.ToProto().ToByteArray();
    }

    private static float[] Numbers(int seed, int count, double size)
    {
        var random = new Random(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) numbers[i] = (float)((random.NextDouble() - 0.5) * 2 * size);
        return numbers;
    }

    private static long Bytes(string text) => text.EndsWith("MB", StringComparison.OrdinalIgnoreCase)
        ? long.Parse(text.AsSpan(0, text.Length - 2), CultureInfo.InvariantCulture) * 1_000_000
        : long.Parse(text, CultureInfo.InvariantCulture);

    private static double PeakMegabytes()
    {
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("VmHWM:", StringComparison.Ordinal)) return double.Parse(line.AsSpan(6).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) / 1000;
        }

        return double.NaN;
    }
}
