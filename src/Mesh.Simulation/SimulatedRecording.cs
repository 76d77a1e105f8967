using System.Security.Cryptography;
using Mesh.Formats.Mcap;

namespace Mesh.Simulation;

/// <summary>Writes simulated drives as MCAP files with their truth beside them.</summary>
public static class SimulatedRecording
{
    /// <summary>
    /// Writes a drive to <paramref name="path"/> and its truth to <c>path.truth.json</c>. Nothing lies at <paramref name="path"/> until the
    /// recording is complete; an existing one is replaced.
    /// </summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH11050</c>: an option is out of its range.</exception>
    public static async Task<SimulationTruth> WriteAsync(string path, DriveOptions options, CancellationToken cancellationToken)
    {
        var drive = new DriveSimulator(options);
        var counts = new (long Messages, long Bytes)[drive.Channels.Count];
        string temporary = $"{path}.tmp";
        byte[] sha256;
        long fileBytes;
        try
        {
            await using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
            {
                using var hash = SHA256.Create();
                await using (var hashed = new CryptoStream(file, hash, CryptoStreamMode.Write, leaveOpen: true))
                {
                    await WriteMessagesAsync(hashed, drive, options, counts, cancellationToken).ConfigureAwait(false);
                    await hashed.FlushFinalBlockAsync(cancellationToken).ConfigureAwait(false);
                }

                sha256 = hash.Hash!;
                fileBytes = file.Length;
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        var truth = new SimulationTruth
        {
            File = Path.GetFileName(path),
            VehicleId = options.VehicleId,
            Seed = options.Seed,
            Schema = options.Schema == DriveSchema.Ros2 ? "ros2" : "protobuf",
            StartTimeNs = options.StartTimeNs,
            DurationNs = options.Duration.Ticks * 100,
            Messages = counts.Sum(count => count.Messages),
            PayloadBytes = counts.Sum(count => count.Bytes),
            FileBytes = fileBytes,
            Sha256 = Convert.ToHexStringLower(sha256),
            DistanceM = drive.DistanceMetres,
            HeadingChangeRad = drive.HeadingChange,
            YawRateBias = drive.YawRateBias,
            Channels = [.. drive.Channels.Select((channel, i) =>
                new ChannelTruth(channel.Topic, channel.Schema.Name, counts[i].Messages, counts[i].Bytes, channel.Clock))],
            Segments = drive.Segments,
        };
        await truth.WriteAsync(path, cancellationToken).ConfigureAwait(false);
        return truth;
    }

    private static async Task WriteMessagesAsync(
        Stream output, DriveSimulator drive, DriveOptions options, (long Messages, long Bytes)[] counts, CancellationToken cancellationToken)
    {
        var writer = new McapWriter(output, new McapWriterOptions { Profile = drive.Profile, Library = "mesh simulate", Compression = options.Compression });
        await using (writer.ConfigureAwait(false))
        {
            ushort[] ids = [.. drive.Channels.Select(channel =>
                writer.AddChannel(writer.AddSchema(channel.Schema.Name, channel.Schema.Encoding, channel.Schema.Data), channel.Topic, channel.MessageEncoding))];
            foreach (var message in drive.Run())
            {
                counts[message.Channel].Messages++;
                counts[message.Channel].Bytes += message.Payload.Length;
                await writer.WriteMessageAsync(
                    ids[message.Channel], message.Sequence, (ulong)message.LogTimeNs, (ulong)message.PublishTimeNs, message.Payload, cancellationToken).ConfigureAwait(false);
            }

            var facts = new Dictionary<string, string> { ["vehicle_id"] = options.VehicleId, ["seed"] = $"{options.Seed}" };
            await writer.WriteMetadataAsync("mesh.simulation", facts, cancellationToken).ConfigureAwait(false);
            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
