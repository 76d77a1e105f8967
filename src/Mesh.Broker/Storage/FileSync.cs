using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Broker.Storage;

/// <summary>Brings what was written to a file to the disk.</summary>
internal static class FileSync
{
    /// <summary>Synchronises the data, and of the metadata what reading it back needs: its times may stay behind.</summary>
    /// <exception cref="IOException">The disk did not take it; the kernel may have dropped the pages.</exception>
    public static void Flush(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        const int interrupted = 4;
        while (FlushData(file) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != interrupted) throw new IOException($"The file could not be synchronised (error {error}).");
        }
    }

    [DllImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FlushData(SafeFileHandle file);
}
