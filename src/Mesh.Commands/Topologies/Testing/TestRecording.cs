using System.Text;
using Mesh.Formats.Mcap;
using Mesh.Model;
using Mesh.Simulation;

namespace Mesh.Commands.Topologies.Testing;

/// <summary>Makes the recordings of a test.</summary>
internal static class TestRecording
{
    /// <summary>Time of a message at 0s, 2026-01-01T00:00:00Z.</summary>
    private const long StartNs = 1_767_225_600_000_000_000;

    /// <summary>Writes a recording to a path.</summary>
    public static async Task WriteAsync(TestUpload upload, string path, CancellationToken cancellationToken)
    {
        if (upload.Simulate is { } drive) await SimulatedRecording.WriteAsync(path, drive, cancellationToken).ConfigureAwait(false);
        else if (upload.Messages is { } messages) await WriteAsync(upload.Channels, messages, path, cancellationToken).ConfigureAwait(false);
        else Copy(upload.File!, path);

        if (upload.Keep >= 1) return;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        file.SetLength((long)(file.Length * upload.Keep));
    }

    private static async Task WriteAsync(IReadOnlyList<TestChannel> channels, IReadOnlyList<TestMessage> messages, string path, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        await using (file.ConfigureAwait(false))
        {
            var writer = new McapWriter(file);
            await using (writer.ConfigureAwait(false))
            {
                var ids = channels.ToDictionary(channel => channel, channel => writer.AddChannel(
                    writer.AddSchema(channel.Schema, "jsonschema", Encoding.UTF8.GetBytes(channel.Definition.ToJsonString())), channel.Topic, "json"));
                uint sequence = 0;
                foreach (var message in messages)
                {
                    ulong time = (ulong)(StartNs + message.AtNs);
                    await writer.WriteMessageAsync(ids[message.Channel], sequence++, time, time, message.Payload, cancellationToken).ConfigureAwait(false);
                }

                await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static void Copy(string source, string path)
    {
        try
        {
            File.Copy(source, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH2322", $"The test's recording '{source}' cannot be read: {exception.Message} Its path is relative to the test's file.", innerException: exception);
        }
    }
}
