using System.Globalization;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Formats.Messages;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Benchmarks;

/// <summary>
/// Peak memory (VmHWM) of a server of its own process, under a topology of 256 MiB and two uploads at a time, while it takes recordings whose messages
/// are far larger than its shares: noise in a <c>uint8[]</c>, which nothing compresses.
/// </summary>
internal static class LargeMessages
{
    private const string Usage = "usage: large-messages SIZE [MESSAGES [bare|none|zstd [RECORDINGS]]]   for example large-messages 100MB 4 zstd 2";

    public static async Task<int> RunAsync(string[] args)
    {
        string kind = args.Length > 2 ? args[2] : "none";
        if (args.Length == 0 || !ByteSizeText.TryParse(args[0], out long bytes) || kind is not ("bare" or "none" or "zstd"))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }

        int messages = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 4;
        int recordings = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 1;
        using var folder = new TemporaryFolder();
        string[] paths = [.. Enumerable.Range(0, recordings).Select(i => folder[$"large-{i}.mcap"])];
        for (int i = 0; i < recordings; i++) await WriteAsync(paths[i], i, (int)bytes, messages, kind);
        await File.WriteAllTextAsync(folder["large.yaml"],
            "apiVersion: mesh/v1\nkind: Topology\nmetadata: { name: large, owner: bench }\nlimits: { memory: 256MiB, parallelism: 2 }\n");

        await using var server = await MeshProcess.UpAsync(folder["data"], null, "--topology", folder["large.yaml"]);
        string address = server.AddressOf("http");
        var answers = await Task.WhenAll(paths.Select((path, i) => MeshProcess.RunJsonAsync("publish", path, "--vehicle", $"V{i}", "--wait", "--json", "--server", address)));
        long rows = answers.Sum(answer => answer[0].GetProperty("rows").GetInt64());
        long letters = answers.Sum(answer => answer[0].GetProperty("dead_letters").GetInt64());
        string peak = (await File.ReadAllLinesAsync($"/proc/{server.Id}/status")).First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        long mebibytes = long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        Console.WriteLine(FormattableString.Invariant(
            $"{recordings} recordings of {messages} messages of {bytes:N0} bytes ({kind}): {rows} rows, {letters} dead letters, peak memory (VmHWM) {mebibytes} MiB"));
        return rows + letters == (long)messages * recordings ? 0 : 1;
    }

    private static async Task WriteAsync(string path, int seed, int bytes, int messages, string kind)
    {
        byte[] noise = new byte[bytes];
        await using var file = File.Create(path);
        await using var writer = new McapWriter(file, new McapWriterOptions
        {
            UseChunks = kind != "bare", Compression = kind == "zstd" ? McapCompression.Zstd : McapCompression.None,
        });
        ushort channel = writer.AddChannel(writer.AddSchema("mesh_bench/msg/Blob", "ros2msg", "uint8[] data\n"u8.ToArray()), "/blob", "cdr");
        var random = new Random(seed);
        var payload = new CdrWriter();
        for (uint i = 0; i < messages; i++)
        {
            random.NextBytes(noise);
            payload.Reset();
            payload.WriteBytes(noise);
            ulong time = 1_760_000_000_000_000_000 + (i * 100_000_000UL);
            await writer.WriteMessageAsync(channel, i, time, time, payload.Written, default);
        }

        await writer.CompleteAsync(default);
    }
}
