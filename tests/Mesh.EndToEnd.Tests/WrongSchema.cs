using System.Text;
using Mesh.Formats.Mcap;

namespace Mesh.EndToEnd.Tests;

/// <summary>A recording whose recorder wrote a wrong schema for one of its two channels, and topologies that do not and do know better.</summary>
internal static class WrongSchema
{
    /// <summary>Messages of <c>/point</c>, recorded as they are.</summary>
    public const int Points = 300;

    /// <summary>Messages of <c>/wheel</c>, a speed each; the schema in the recording claims four torques besides.</summary>
    public const int Wheels = 1_200;

    private const ulong StartNs = 1_763_812_800_000_000_000;

    /// <summary>Writes a recording; another seed is other content.</summary>
    public static async Task WriteAsync(string path, int seed, CancellationToken cancellationToken)
    {
        await using var file = File.Create(path);
        await using var writer = new McapWriter(file, new McapWriterOptions { ChunkBytes = 16_384 });
        ushort point = writer.AddChannel(writer.AddSchema("demo_msgs/msg/Point", "ros2msg", "float64 x\nfloat64 y\n"u8.ToArray()), "/point", "cdr");
        ushort wheel = writer.AddChannel(writer.AddSchema("demo_msgs/msg/Wheel", "ros2msg", "float64 speed\nfloat64[4] torque\n"u8.ToArray()), "/wheel", "cdr");
        for (uint i = 0; i < Wheels; i++)
        {
            ulong time = StartNs + (ulong)seed * 3_600_000_000_000 + i * 10_000_000UL;
            if (i < Points) await writer.WriteMessageAsync(point, i, time, time, Cdr(i, seed), cancellationToken);
            await writer.WriteMessageAsync(wheel, i, time, time, Cdr(i * 0.5), cancellationToken);
        }

        await writer.CompleteAsync(cancellationToken);
    }

    private static byte[] Cdr(params double[] values) => [0, 1, 0, 0, .. values.SelectMany(BitConverter.GetBytes)];

    /// <summary>Writes a topology.</summary>
    /// <param name="path">File.</param>
    /// <param name="knowsBetter">Whether it says what the schema of <c>/wheel</c> really is.</param>
    /// <param name="version">Its version.</param>
    /// <param name="onCorrupt">What damage does.</param>
    public static void WriteTopology(string path, bool knowsBetter, int version = 1, string onCorrupt = "deadLetter")
    {
        var yaml = new StringBuilder();
        yaml.Append($"apiVersion: mesh/v1\nkind: Topology\nmetadata: {{ name: fleet, owner: test, version: {version} }}\n");
        yaml.Append($"decode:\n  onCorrupt: {onCorrupt}\n");
        if (knowsBetter) yaml.Append("  schemas:\n    - { match: { topic: /wheel }, text: \"float64 speed\" }\n");
        yaml.Append("products:\n  - { name: chassis.wheel, from: { schema: demo_msgs/msg/Wheel } }\n  - { name: chassis.point, from: { schema: demo_msgs/msg/Point } }\n");
        File.WriteAllText(path, yaml.ToString());
    }
}
