using System.Diagnostics;

namespace Mesh.Model;

/// <summary>
/// Named places where a fault test kills the process, so that "killed exactly between these two steps" is repeatable.
/// Set <c>MESH_CRASH_AT</c> to <c>stage.point</c> (or <c>stage.point:3</c> for the third time it is reached). Does nothing otherwise.
/// </summary>
public static class CrashPoint
{
    private static readonly string? Target = Environment.GetEnvironmentVariable("MESH_CRASH_AT")?.Split(':')[0];
    private static int remaining = ParseCount();

    /// <summary>Dies here, as by SIGKILL, when this is the chosen place.</summary>
    public static void Reach(string point)
    {
        if (Target is null || Target != point || Interlocked.Decrement(ref remaining) > 0) return;
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }

    private static int ParseCount()
    {
        string[] parts = Environment.GetEnvironmentVariable("MESH_CRASH_AT")?.Split(':') ?? [];
        return parts.Length == 2 && int.TryParse(parts[1], out int count) ? count : 1;
    }
}
