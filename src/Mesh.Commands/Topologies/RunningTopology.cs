using System.Text;
using Mesh.Commands.State;
using Mesh.Model;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies;

/// <summary>Where topologies come from: a file, the built-in one, or what the last server on a state directory ran.</summary>
public static class RunningTopology
{
    private const string BuiltInName = "fleet-ingest.yaml";

    /// <summary>Reads a file, or the built-in topology when <paramref name="path"/> is null.</summary>
    /// <exception cref="MeshException"><c>MESH11041</c> when the file cannot be read.</exception>
    public static Topology Load(string? path)
    {
        if (path is null)
        {
            using var resource = typeof(RunningTopology).Assembly.GetManifestResourceStream(BuiltInName)!;
            using var reader = new StreamReader(resource);
            return Topology.Parse(reader.ReadToEnd(), BuiltInName);
        }

        try
        {
            return Topology.Parse(File.ReadAllText(path), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH11041", $"Cannot read the topology '{path}': {exception.Message}", innerException: exception);
        }
    }

    /// <summary>Leaves a copy for commands that read the state directory.</summary>
    public static void Write(StateDirectory state, Topology topology)
    {
        AtomicFile.Write(Path.Combine(state.Run, "topology.yaml"), Encoding.UTF8.GetBytes(topology.Yaml));
    }

    /// <summary>The topology that the last server on this folder ran; the built-in one when none ever did.</summary>
    public static Topology Read(StateDirectory state)
    {
        string path = Path.Combine(state.Run, "topology.yaml");
        return Load(File.Exists(path) ? path : null);
    }
}
