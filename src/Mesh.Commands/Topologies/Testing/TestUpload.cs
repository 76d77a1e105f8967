using Mesh.Formats;
using Mesh.Simulation;

namespace Mesh.Commands.Topologies.Testing;

/// <summary>A recording that a case uploads; exactly one of <paramref name="Simulate"/>, <paramref name="File"/> and <paramref name="Messages"/> is there.</summary>
/// <param name="Vehicle">Pseudonym of the vehicle.</param>
/// <param name="Times">How often it is uploaded.</param>
/// <param name="Keep">Fraction of the file that is kept, 1 for all of it: less is a recording that was cut off.</param>
/// <param name="Simulate">A simulated drive.</param>
/// <param name="File">Path of a recording.</param>
/// <param name="Channels">Channels of the messages.</param>
/// <param name="Messages">Messages that stand in the test.</param>
public sealed record TestUpload(
    string Vehicle, int Times, double Keep, DriveOptions? Simulate, string? File, IReadOnlyList<TestChannel> Channels, IReadOnlyList<TestMessage>? Messages)
{
    /// <summary>Ending of the recording's name, which says its format.</summary>
    internal string Extension => File is not null ? Path.GetExtension(File) : Simulate?.Format switch
    {
        RecordingFormat.Mdf4 => ".mf4",
        RecordingFormat.Ros1Bag => ".bag",
        _ => ".mcap",
    };
}
