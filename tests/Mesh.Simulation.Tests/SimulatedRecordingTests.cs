using System.Security.Cryptography;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Simulation.Tests;

public sealed class SimulatedRecordingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DriveSchema.Ros2, McapCompression.None)]
    [InlineData(DriveSchema.Ros2, McapCompression.Zstd)]
    [InlineData(DriveSchema.Protobuf, McapCompression.Zstd)]
    public async Task Other_peoples_readers_find_what_the_truth_says(DriveSchema schema, McapCompression compression)
    {
        string path = folder["drive.mcap"];
        var options = new DriveOptions { Schema = schema, Compression = compression, Duration = TimeSpan.FromSeconds(3), Seed = 3, LidarPoints = 200 };
        var truth = await SimulatedRecording.WriteAsync(path, options, Cancellation);
        var read = await NodeScript.RunAsync("messages-read.mjs", "--values-only", path);
        var byTopic = read.GetProperty("messages").EnumerateArray().ToLookup(message => message.GetProperty("topic").GetString()!);

        byTopic.Sum(group => group.Count()).ShouldBe((int)truth.Messages);
        foreach (var channel in truth.Channels) byTopic[channel.Topic].Count().ShouldBe((int)channel.Messages);
        var signals = DriveSignals.Of(options);
        for (int i = 0; i < byTopic["/imu"].Count(); i++)
        {
            byTopic["/imu"].ElementAt(i).GetProperty("value").GetProperty("angular_velocity").GetProperty("z").GetDouble()
                .ShouldBe(signals.Values("/imu", "angular_velocity", "z")[i]);
        }

        var label = byTopic["/labels/manoeuvre"].First().GetProperty("value");
        label.GetProperty("label").GetString().ShouldBe("standstill");
        var cloud = byTopic["/lidar/top"].First().GetProperty("value");
        cloud.GetProperty("data").GetArrayLength().ShouldBe(signals.Batches["/lidar/top"]["data"].GetBytes(0).Length);
        byTopic["/camera/front"].First().GetProperty("value").GetProperty("format").GetString().ShouldBe("png");
        byTopic["/gnss/fix"].First().GetProperty("value").GetProperty("latitude").GetDouble().ShouldBe(48.137, tolerance: 0.1);
    }

    [Fact]
    public async Task The_truth_beside_the_recording_tells_its_bytes_and_its_drive()
    {
        string path = folder["drive.mcap"];
        var truth = await SimulatedRecording.WriteAsync(path, new DriveOptions { Duration = TimeSpan.FromSeconds(4) }, Cancellation);

        truth.Messages.ShouldBe(4 * 240);
        truth.FileBytes.ShouldBe(new FileInfo(path).Length);
        truth.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path, Cancellation))));
        truth.PayloadBytes.ShouldBe(truth.Channels.Sum(channel => channel.PayloadBytes));
        Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order().ShouldBe(["drive.mcap", "drive.mcap.truth.json"]);
        var kept = await SimulationTruth.TryReadAsync(path, Cancellation);
        kept.ShouldNotBeNull();
        kept.Channels.ShouldBe(truth.Channels);
        kept.Segments.ShouldBe(truth.Segments);
        (kept with { Channels = truth.Channels, Segments = truth.Segments }).ShouldBe(truth);
        (await File.ReadAllTextAsync(SimulationTruth.PathFor(path), Cancellation)).ShouldContain("\"drift_ppm\"");
    }

    [Fact]
    public async Task Two_runs_of_one_seed_write_the_same_file()
    {
        var options = new DriveOptions { Duration = TimeSpan.FromSeconds(2), Seed = 9 };
        var first = await SimulatedRecording.WriteAsync(folder["a.mcap"], options, Cancellation);
        var second = await SimulatedRecording.WriteAsync(folder["b.mcap"], options, Cancellation);
        second.Sha256.ShouldBe(first.Sha256);
    }

    [Fact]
    public async Task A_truncated_recording_keeps_the_count_of_what_was_written()
    {
        string path = folder["drive.mcap"];
        var whole = await SimulatedRecording.WriteAsync(path, new DriveOptions { Duration = TimeSpan.FromSeconds(15) }, Cancellation);
        var damaged = await RecordingDamage.TruncateAsync(path, 0.6, Cancellation);

        new FileInfo(path).Length.ShouldBe((long)(whole.FileBytes * 0.6));
        damaged.FileBytes.ShouldBe(new FileInfo(path).Length);
        damaged.Messages.ShouldBe(whole.Messages);
        damaged.Damage.ShouldBe(new DamageTruth("truncated", whole.FileBytes, whole.Sha256));
        damaged.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path, Cancellation))));
        (await SimulationTruth.TryReadAsync(path, Cancellation))!.Damage.ShouldBe(damaged.Damage);

        // Lost = written − delivered, and what is delivered is what was written first.
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(await File.ReadAllBytesAsync(path, Cancellation)), Cancellation);
        long delivered = 0;
        while (await reader.ReadBlockAsync(Cancellation) is { } block) delivered += block.Messages.Length;
        delivered.ShouldBeInRange(1, whole.Messages - 1);
        reader.Losses.ShouldNotBeEmpty();

        await File.WriteAllBytesAsync(folder["other.mcap"], [1, 2, 3], Cancellation);
        (await Should.ThrowAsync<MeshException>(() => RecordingDamage.TruncateAsync(folder["other.mcap"], 0.5, Cancellation))).Code.ShouldBe("MESH11051");
    }

    [Fact]
    public async Task A_cancelled_recording_leaves_nothing_behind()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => SimulatedRecording.WriteAsync(folder["drive.mcap"], new DriveOptions(), cancelled.Token));
        Directory.GetFiles(folder.Path).ShouldBeEmpty();
    }

    public void Dispose() => folder.Dispose();
}
