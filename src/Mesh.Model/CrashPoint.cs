using System.Diagnostics;
using System.Globalization;

namespace Mesh.Model;

/// <summary>
/// Named places where a fault test kills the process, so that "killed exactly between these two steps" is repeatable, or stalls it.
/// Set <c>MESH_CRASH_AT</c> to <c>stage.point</c> (or <c>stage.point:3</c> for the third time it is reached); <c>MESH_STALL_AT</c> likewise
/// stops the process there (SIGSTOP) until somebody continues it. Does nothing otherwise.
/// </summary>
public static class CrashPoint
{
    private static readonly Place? Crash = Place.Parse("MESH_CRASH_AT");
    private static readonly Place? Stall = Place.Parse("MESH_STALL_AT");

    /// <summary>Dies here, as by SIGKILL, or stands still, when this is the chosen place.</summary>
    public static void Reach(string point)
    {
        if (Crash is not null && Crash.IsReached(point))
        {
            Process.GetCurrentProcess().Kill();
            Thread.Sleep(Timeout.Infinite);
        }

        if (Stall is null || !Stall.IsReached(point)) return;
        using var stop = Process.Start("kill", ["-STOP", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        stop.WaitForExit();
    }

    private sealed class Place(string point, int count)
    {
        private int remaining = count;

        public static Place? Parse(string variable)
        {
            string[] parts = Environment.GetEnvironmentVariable(variable)?.Split(':') ?? [];
            if (parts.Length == 0) return null;
            return new Place(parts[0], parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : 1);
        }

        // Once: a process that was killed does not come again, one that was continued goes on.
        public bool IsReached(string reached) => reached == point && Interlocked.Decrement(ref remaining) == 0;
    }
}
