using System.Security.Cryptography;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Formats.Ros2Bag;
using Mesh.Formats.RosBag;
using Mesh.Model;

namespace Mesh.Simulation;

/// <summary>Writes simulated drives as recordings with their truth beside them.</summary>
public static class SimulatedRecording
{
    private const string CannotWrite = "MESH11054";

    /// <summary>
    /// Writes a drive to <paramref name="path"/> and its truth to <c>path.truth.json</c>. Nothing lies at <paramref name="path"/> until the
    /// recording is complete. An existing file is replaced; a ROS 2 bag is a folder and never replaces anything.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH11050</c>: an option is out of its range; <c>MESH11054</c>: it cannot be written there.</exception>
    public static async Task<SimulationTruth> WriteAsync(string path, DriveOptions options, CancellationToken cancellationToken)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        var drive = new Drive(new DriveSimulator(options), options);
        try
        {
            var (fileBytes, sha256) = options.Format == RecordingFormat.Ros2Bag
                ? await WriteFolderAsync(path, drive, cancellationToken).ConfigureAwait(false)
                : await WriteFileAsync(path, drive, cancellationToken).ConfigureAwait(false);
            var truth = drive.ToTruth(Path.GetFileName(path), fileBytes, sha256);
            await truth.WriteAsync(path, cancellationToken).ConfigureAwait(false);
            return truth;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException(CannotWrite, $"Cannot write '{path}': {exception.Message} Check the path, its permissions and the disk.", innerException: exception);
        }
    }

    /// <summary>The file that holds the messages of a recording: itself, or the database of a ROS 2 bag.</summary>
    internal static string DataFileOf(string path)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        return Directory.Exists(path) ? Path.Combine(path, Path.GetFileName(path) + "_0.db3") : path;
    }

    private static async Task<(long Bytes, byte[] Sha256)> WriteFileAsync(string path, Drive drive, CancellationToken cancellationToken)
    {
        string temporary = $"{path}.tmp";
        try
        {
            long bytes;
            byte[] sha256;
            await using (var file = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true))
            {
                await using (var writer = CreateWriter(file, drive)) await drive.WriteAsync(writer, cancellationToken).ConfigureAwait(false);

                // Afterwards, because most formats go back to complete their headers.
                file.Position = 0;
                bytes = file.Length;
                sha256 = await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false);
            }

            File.Move(temporary, path, overwrite: true);
            return (bytes, sha256);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static async Task<(long Bytes, byte[] Sha256)> WriteFolderAsync(string path, Drive drive, CancellationToken cancellationToken)
    {
        path = Path.GetFullPath(path);
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
        {
            throw new MeshException(CannotWrite, $"'{path}' is there already, and a ROS 2 bag replaces nothing. Remove it, or name another folder.");
        }

        // As for files: the writer would make all that leads there.
        if (!Directory.Exists(Path.GetDirectoryName(path))) throw new DirectoryNotFoundException($"There is no folder '{Path.GetDirectoryName(path)}'.");

        // The database takes its name from its folder: within the temporary one it has the right name from the start.
        string temporary = $"{path}.simulating";
        string bag = Path.Combine(temporary, Path.GetFileName(path));
        try
        {
            Remove(temporary);
            await using (var writer = Ros2BagWriter.Create(bag)) await drive.WriteAsync(writer, cancellationToken).ConfigureAwait(false);
            long bytes;
            byte[] sha256;
            await using (var file = new FileStream(DataFileOf(bag), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true))
            {
                bytes = file.Length;
                sha256 = await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false);
            }

            if (Directory.Exists(path)) Directory.Delete(path);
            Directory.Move(bag, path);
            return (bytes, sha256);
        }
        finally
        {
            Remove(temporary);
        }

        static void Remove(string folder)
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    private static RecordingWriter CreateWriter(Stream output, Drive drive) => drive.Options.Format switch
    {
        RecordingFormat.Mdf4 => new MdfDriveWriter(output, drive.Options),
        RecordingFormat.Ros1Bag => new Ros1BagWriter(output, new Ros1BagWriterOptions { Compression = drive.Options.BagCompression }),
        _ => new McapRecordingWriter(output, new McapWriterOptions { Profile = drive.Simulator.Profile, Library = "mesh simulate", Compression = drive.Options.Compression }),
    };

    /// <summary>A drive and what was written of it.</summary>
    private sealed class Drive(DriveSimulator simulator, DriveOptions options)
    {
        private readonly (long Messages, long Bytes)[] counts = new (long Messages, long Bytes)[simulator.Channels.Count];

        public DriveSimulator Simulator => simulator;

        public DriveOptions Options => options;

        public async Task WriteAsync(RecordingWriter writer, CancellationToken cancellationToken)
        {
            var noMetadata = new Dictionary<string, string>();
            int[] ids = [.. simulator.Channels.Select((channel, i) => writer.AddChannel(new RecordingChannel(i, channel.Topic, channel.MessageEncoding, channel.Schema, noMetadata)))];
            foreach (var message in simulator.Run())
            {
                cancellationToken.ThrowIfCancellationRequested();
                counts[message.Channel].Messages++;
                counts[message.Channel].Bytes += message.Payload.Length;
                var reference = new MessageRef(message.Channel, message.Sequence, (ulong)message.LogTimeNs, (ulong)message.PublishTimeNs, 0, message.Payload.Length, 0);
                await writer.WriteAsync(ids[message.Channel], reference, message.Payload, cancellationToken).ConfigureAwait(false);
            }

            var facts = new Dictionary<string, string> { ["vehicle_id"] = options.VehicleId, ["seed"] = $"{options.Seed}" };
            await writer.WriteMetadataAsync(new RecordingMetadata("mesh.simulation", facts), cancellationToken).ConfigureAwait(false);
            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        public SimulationTruth ToTruth(string name, long fileBytes, byte[] sha256) => new()
        {
            File = name,
            VehicleId = options.VehicleId,
            Seed = options.Seed,
            Format = options.Format switch
            {
                RecordingFormat.Mdf4 => "mdf4",
                RecordingFormat.Ros1Bag => "rosbag1",
                RecordingFormat.Ros2Bag => "rosbag2",
                _ => "mcap",
            },
            Schema = options.Schema == DriveSchema.Protobuf ? "protobuf" : simulator.Profile,
            StartTimeNs = options.StartTimeNs,
            DurationNs = options.Duration.Ticks * 100,
            Messages = counts.Sum(count => count.Messages),
            PayloadBytes = counts.Sum(count => count.Bytes),
            FileBytes = fileBytes,
            Sha256 = Convert.ToHexStringLower(sha256),
            DistanceM = simulator.DistanceMetres,
            HeadingChangeRad = simulator.HeadingChange,
            YawRateBias = simulator.YawRateBias,
            Channels = [.. simulator.Channels.Select((channel, i) =>
                new ChannelTruth(channel.Topic, channel.Schema.Name, counts[i].Messages, counts[i].Bytes, channel.Clock))],
            Segments = simulator.Segments,
        };
    }
}
