using System.Runtime.InteropServices;

namespace Mesh.Cli.Doctor;

/// <summary>Whether a time service keeps the system's clock.</summary>
internal static class SystemClock
{
    // struct timex is 208 bytes on 64-bit Linux; the kernel reads the first field, 0 for a mere question, and fills the rest in.
    private const int TimexBytes = 512;
    private const int NotSynchronised = 5;

    /// <summary>Whether it is; null where the system does not say.</summary>
    public static bool? IsSynchronised()
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            int answer = Ask(new byte[TimexBytes]);
            return answer < 0 ? null : answer != NotSynchronised;
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "adjtimex", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Ask(byte[] timex);
}
