using System.Text.Json;
using Mesh.Model;

namespace Mesh.Commands.State;

/// <summary>Where a running server listens; written to <c>DIR/run/endpoints.json</c> while it runs.</summary>
public sealed record ServerEndpoints(string Http, string Kafka, string SchemaRegistry, int ProcessId)
{
    private const string FileName = "endpoints.json";

    /// <summary>Writes the file whole or not at all.</summary>
    public void Write(StateDirectory state) =>
        AtomicFile.Write(Path.Combine(state.Run, FileName), JsonSerializer.SerializeToUtf8Bytes(this, MeshJson.Options));

    /// <summary>Removes the file: nobody listens any more.</summary>
    public static void Remove(StateDirectory state) => File.Delete(Path.Combine(state.Run, FileName));

    /// <summary>Reads the file; null when no server runs on the folder.</summary>
    public static ServerEndpoints? Find(string stateFolder)
    {
        try
        {
            var endpoints = JsonSerializer.Deserialize<ServerEndpoints>(File.ReadAllBytes(Path.Combine(stateFolder, "run", FileName)), MeshJson.Options);
            return endpoints is not null && IsRunning(endpoints.ProcessId) ? endpoints : null;
        }
        catch (Exception exception) when (exception is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>After a kill the file is left behind; a process id that is gone says so.</summary>
    private static bool IsRunning(int processId)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
