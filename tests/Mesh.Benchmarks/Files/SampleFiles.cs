using System.Globalization;
using Mesh.Formats.Mcap;
using Mesh.Formats.RosBag;
using Mesh.Simulation;

namespace Mesh.Benchmarks.Files;

/// <summary>Writes the files that <see cref="FormatRuns"/> reads, the same whenever they are written.</summary>
internal static class SampleFiles
{
    public const string DatabaseName = "buslog.dbc";

    /// <summary>Arguments: folder, then optionally <c>--scale N</c> (times as long) and names of single files.</summary>
    public static async Task<int> WriteAsync(string[] args)
    {
        if (args.Length == 0)
        {
            await Console.Error.WriteLineAsync("usage: files FOLDER [--scale N] [NAME...]   for example files /tmp/logs --scale 10 sorted-dz.mf4");
            return 2;
        }

        var names = args.Skip(1).ToList();
        double scale = 1;
        int at = names.IndexOf("--scale");
        if (at >= 0)
        {
            scale = double.Parse(names[at + 1], CultureInfo.InvariantCulture);
            names.RemoveRange(at, 2);
        }

        string folder = Directory.CreateDirectory(args[0]).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, DatabaseName), BusLog.Database());
        foreach (var (name, write) in All(scale))
        {
            if (names.Count > 0 && !names.Contains(name)) continue;
            string path = Path.Combine(folder, name);
            await write(path);
            Console.WriteLine(FormattableString.Invariant($"{name}: {new FileInfo(path).Length / 1e6:N1} MB"));
        }

        return 0;
    }

    private static IEnumerable<(string Name, Func<string, Task> Write)> All(double scale)
    {
        (string Suffix, MdfRawCompression Compression)[] compressions = [("none", MdfRawCompression.None), ("dz", MdfRawCompression.Zipped), ("transposed", MdfRawCompression.Transposed)];
        foreach (var (suffix, compression) in compressions)
        {
            yield return ($"sorted-{suffix}.mf4", path => Run(() => MeasurementLog.WriteSorted(path, compression, (int)(180 * scale))));
        }

        foreach (var (suffix, compression) in compressions.Take(2))
        {
            yield return ($"buslog-mlsd-{suffix}.mf4", path => Run(() => BusLog.WriteMaximumLength(path, compression, (long)(2_000_000 * scale))));
            yield return ($"buslog-vlsd-{suffix}.mf4", path => Run(() => BusLog.WriteVariableLength(path, compression, (long)(1_000_000 * scale))));
            yield return ($"multi-{suffix}.mf4", path => Run(() => MeasurementLog.WriteUnsorted(path, compression, (int)(45 * scale))));
        }

        foreach (var compression in Enum.GetValues<McapCompression>())
        {
            string suffix = compression.ToString().ToLowerInvariant();
            yield return ($"bus-{suffix}.mcap", path => CdrLog.WriteMcapAsync(path, compression, (int)(240 * scale)));
            yield return ($"mixed-{suffix}.mcap", path => SimulatedRecording.WriteAsync(path, new DriveOptions { Seed = 5, Duration = TimeSpan.FromSeconds(300 * scale), Compression = compression, LidarPoints = 10_000 }, default));
        }

        foreach (var compression in Enum.GetValues<Ros1BagCompression>())
        {
            yield return ($"ros1-{compression.ToString().ToLowerInvariant()}.bag", async path =>
            {
                await using var output = File.Create(path);
                await Ros1SampleBag.WriteAsync(output, compression, (int)(20 * scale), bigMessages: true);
            });
        }
    }

    private static Task Run(Action write)
    {
        write();
        return Task.CompletedTask;
    }
}
