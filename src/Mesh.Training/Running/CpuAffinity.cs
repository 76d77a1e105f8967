using System.Runtime.InteropServices;

namespace Mesh.Training.Running;

/// <summary>Which CPUs a process may run on (<c>sched_setaffinity(2)</c>). A child inherits them from the thread that starts it.</summary>
internal static class CpuAffinity
{
    private const int MaskBytes = 128;

    /// <summary>Numbers of the CPUs that this process may use; none where the system does not tell.</summary>
    public static int[] Allowed()
    {
        if (!OperatingSystem.IsLinux()) return [];
        byte[] mask = new byte[MaskBytes];
        if (GetAffinity(0, MaskBytes, mask) < 0) return [];
        return [.. Enumerable.Range(0, MaskBytes * 8).Where(cpu => (mask[cpu / 8] >> (cpu % 8) & 1) != 0)];
    }

    /// <summary>Runs something on a thread of its own that may use some CPUs alone, as may what it starts.</summary>
    public static T RunOn<T>(IReadOnlyList<int> cpus, Func<T> run)
    {
        if (cpus.Count == 0) return run();
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            byte[] mask = new byte[MaskBytes];
            foreach (int cpu in cpus) mask[cpu / 8] |= (byte)(1 << (cpu % 8));
            _ = SetAffinity(0, MaskBytes, mask);
            try
            {
                result = run();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        return result!;
    }

    [DllImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetAffinity(int threadId, nint bytes, byte[] mask);

    [DllImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAffinity(int threadId, nint bytes, byte[] mask);
}
