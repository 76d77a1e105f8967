using System.Globalization;
using System.Runtime.InteropServices;
using Mesh.Commands;
using Mesh.Commands.Configuration;
using Mesh.Model;

namespace Mesh.Cli.Doctor;

/// <summary>The program itself and the machine below it: versions, clock, memory, open files, disks.</summary>
internal static class MachineChecks
{
    private const long LeastTemporaryBytes = 1L << 30;
    private const long OtherMemoryBytes = 512L << 20;
    private const long FewFiles = 4_096;

    public static IEnumerable<InstallationCheck> All(Settings? settings)
    {
        yield return InstallationCheck.Ok("mesh", $"{MeshVersion.Text} on {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} cores");
        yield return Clock();
        if (settings is not null) yield return Guarded("memory", () => Memory(settings));
        if (OpenFiles() is { } files) yield return files;
        long free = new DriveInfo(Path.GetTempPath()).AvailableFreeSpace;
        yield return free > LeastTemporaryBytes
            ? InstallationCheck.Ok("temporary disk", $"{ByteSizeText.Format(free)} free in {Path.GetTempPath()}")
            : InstallationCheck.Fail("temporary disk", $"{ByteSizeText.Format(free)} free in {Path.GetTempPath()}", "Make room, or set TMPDIR to a folder on another disk.");
    }

    /// <summary>A check that reads settings: one that makes no sense is a finding and not the end.</summary>
    public static InstallationCheck Guarded(string part, Func<InstallationCheck> check)
    {
        try
        {
            return check();
        }
        catch (MeshException exception)
        {
            return InstallationCheck.Fail(part, $"{exception.Code}: {exception.Message}");
        }
    }

    // Times of recordings come from vehicles, but leases, retention and tokens go by this machine's clock.
    private static InstallationCheck Clock()
    {
        string now = DateTimeOffset.UtcNow.ToString("u", CultureInfo.InvariantCulture);
        return SystemClock.IsSynchronised() switch
        {
            true => InstallationCheck.Ok("clock", $"{now}, synchronised"),
            false => InstallationCheck.Warn("clock", $"{now}, and nothing says that it is synchronised", "Run a time service (apt-get install chrony): retention, triggers and tokens go by it. In a container the host's counts."),
            null => InstallationCheck.Ok("clock", $"{now}; this system does not tell whether it is synchronised"),
        };
    }

    private static InstallationCheck Memory(Settings settings)
    {
        long wanted = settings.Bytes(SettingKeys.IngestMemory) + OtherMemoryBytes;
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        string text = $"{ByteSizeText.Format(available)} for this process; ingest may take {settings[SettingKeys.IngestMemory].Text}";
        return available >= wanted
            ? InstallationCheck.Ok("memory", text)
            : InstallationCheck.Warn("memory", text, $"Set `{SettingKeys.IngestMemory.Name}` to at most {ByteSizeText.Format(Math.Max(64L << 20, available - OtherMemoryBytes))}, or raise the limit of the container.");
    }

    private static InstallationCheck? OpenFiles()
    {
        try
        {
            string? line = File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
            if (line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var soft, ..] || !long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long most)) return null;
            return most >= FewFiles
                ? InstallationCheck.Ok("open files", $"{most:N0} at a time")
                : InstallationCheck.Warn("open files", $"{most:N0} at a time", $"Raise it where the service is started: ulimit -n {FewFiles}, or LimitNOFILE= of systemd. Each partition and connection takes some.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
