using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Mesh.Training.Jobs;

namespace Mesh.Training.Running;

/// <summary>
/// The processes that were started for jobs, whoever their parent is by now: they are known by the job spec in their environment. Needs /proc;
/// elsewhere none is found.
/// </summary>
internal static class JobProcesses
{
    public const int SignalKill = 9;
    public const int SignalTerminate = 15;
    private const int MaxKillRounds = 100;
    private static readonly TimeSpan KillRound = TimeSpan.FromMilliseconds(20);

    /// <summary>Kills every process of a job.</summary>
    public static Task KillAsync(JobFolder folder, TimeProvider time) => KillMarkedAsync(MarkOf(folder), time);

    /// <summary>Kills every process of any job of a folder.</summary>
    public static Task KillAllAsync(string jobsFolder, TimeProvider time) =>
        KillMarkedAsync(Encoding.UTF8.GetBytes($"MESH_JOB_SPEC={Path.GetFullPath(jobsFolder)}{Path.DirectorySeparatorChar}"), time);

    /// <summary>Bytes of memory that the processes of a job have in RAM; pages that several share count for each.</summary>
    public static long ResidentBytes(JobFolder folder)
    {
        byte[] mark = MarkOf(folder);
        long pages = 0;
        foreach (int id in Find(mark))
        {
            try
            {
                string[] fields = File.ReadAllText($"/proc/{id}/statm").Split(' ');
                pages += long.Parse(fields[1], CultureInfo.InvariantCulture);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or IndexOutOfRangeException)
            {
                // Gone meanwhile.
            }
        }

        return pages * Environment.SystemPageSize;
    }

    /// <summary>Sends a signal.</summary>
    public static void Signal(int processId, int signal) => _ = SendSignal(processId, signal);

    private static byte[] MarkOf(JobFolder folder) => Encoding.UTF8.GetBytes($"MESH_JOB_SPEC={folder.SpecFile}\0");

    private static async Task KillMarkedAsync(byte[] mark, TimeProvider time)
    {
        // Again until none is left: a process may start another between listing and killing, and dying takes a moment.
        for (int round = 0; round < MaxKillRounds; round++)
        {
            bool found = false;
            foreach (int id in Find(mark))
            {
                found = true;
                _ = SendSignal(id, SignalKill);
            }

            if (!found) return;
            await Task.Delay(KillRound, time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static IEnumerable<int> Find(byte[] mark)
    {
        if (!OperatingSystem.IsLinux()) yield break;
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), out int id) && id != Environment.ProcessId && HasMark(entry, mark)) yield return id;
        }
    }

    private static bool HasMark(string entry, byte[] mark)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(entry, "environ")).AsSpan().IndexOf(mark) >= 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or another user's.
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
