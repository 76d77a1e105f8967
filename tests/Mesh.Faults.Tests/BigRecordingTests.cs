using Mesh.Faults.Tests.Support;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Formats.Messages;
using Mesh.Testing;
using Mesh.Upload;

namespace Mesh.Faults.Tests;

/// <summary>
/// F10: a recording of gigabytes passes under the memory cap of a small one, while a paused server and small uploads beside it show that nothing
/// piles up and nobody starves. 10 GB with MESH_TESTS=full, 1 GB in CI.
/// </summary>
public sealed class BigRecordingTests(Drives drives) : IDisposable
{
    private const long CapBytes = 512L << 20;
    private const int PayloadBytes = 64 << 10;

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Gigabytes_pass_under_the_cap_of_megabytes_and_nobody_starves_beside_them()
    {
        Require.AtLeast(TestLevel.Ci);
        long messages = (Require.Level == TestLevel.Full ? 10L << 30 : 1L << 30) / PayloadBytes;
        string path = await WriteAsync(messages);
        await using var server = await FaultServer.UpAsync(folder["data"]);

        using var patient = new HttpClient { BaseAddress = server.Http.BaseAddress, Timeout = TimeSpan.FromMinutes(30) };
        var answer = await new UploadClient(patient, new UploadClientOptions { Server = patient.BaseAddress! }).UploadAsync(path, "V9", "", null, Stop);
        (await server.PublishAsync(drives.All)).Count.ShouldBe(drives.All.Count);
        foreach (var drive in drives.All) await server.CommittedAsTruthSaysAsync(drive);
        string state = "";
        for (int pauses = 0; state is not ("committed" or "deadlettered"); pauses++)
        {
            // As a slow neighbour makes it: what comes in meanwhile waits outside the process.
            if (pauses % 20 == 5)
            {
                await server.Process.SignalAsync("STOP");
                await Task.Delay(1_000, Stop);
                await server.Process.SignalAsync("CONT");
            }

            await Task.Delay(500, Stop);
            state = (await server.GetAsync("recordings/" + answer.IngestId))?.GetProperty("state").GetString() ?? "";
            server.Process.HasExited.ShouldBeFalse(server.Process.Errors);
        }

        var recording = await server.FinishedAsync(answer.IngestId!);
        state.ShouldBe("committed", recording.ToString());
        recording.GetProperty("messages_in").GetInt64().ShouldBe(messages);
        recording.GetProperty("rows_out").GetInt64().ShouldBe(messages);
        server.PeakBytes().ShouldBeLessThan(CapBytes);
        TestContext.Current.TestOutputHelper?.WriteLine($"{messages * PayloadBytes >> 20} MiB passed; most memory {server.PeakBytes() >> 20} MiB");
        var lake = await NodeScript.RunAsync("campaign-read.mjs", folder["data", "lake"], "-");
        var table = lake.GetProperty("raw.mesh_faults_block");
        table.GetProperty("rows").GetInt64().ShouldBe(messages);
        table.GetProperty("hyparquet").GetInt64().ShouldBe(messages);
    }

    /// <summary>Noise, which nothing compresses.</summary>
    private async Task<string> WriteAsync(long messages)
    {
        string path = folder["big.mcap"];
        byte[] noise = new byte[4 << 20];
        new Random(5).NextBytes(noise);
        await using var file = File.Create(path);
        await using var writer = new McapRecordingWriter(file, new McapWriterOptions { Compression = McapCompression.None, ChunkBytes = 4 << 20 });
        var schema = new MessageSchema("mesh_faults/msg/Block", "ros2msg", "int64 index\nuint8[] data\n"u8.ToArray());
        int channel = writer.AddChannel(new RecordingChannel(0, "/block", "cdr", schema, new Dictionary<string, string>()));
        var payload = new CdrWriter();
        for (long index = 0; index < messages; index++)
        {
            payload.Reset();
            payload.Write(index);
            payload.WriteBytes(noise.AsSpan((int)(index * 7919 % (noise.Length - PayloadBytes)), PayloadBytes));
            ulong time = 1_760_000_000_000_000_000 + ((ulong)index * 1_000_000);
            await writer.WriteAsync(channel, new MessageRef(0, (uint)index, time, time, 0, payload.Written.Length, 0), payload.Written, Stop);
        }

        await writer.CompleteAsync(Stop);
        return path;
    }
}
