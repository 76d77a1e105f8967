using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Mesh.Testing;

/// <summary>
/// Debian's PostgreSQL in a temporary folder, reached through a socket there, so that servers of test processes that run at once do not meet.
/// It ends with this process, however that ends.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    private const string Password = "secret of the tests";
    private static readonly Lazy<PostgresServer> SharedServer = new(() => new PostgresServer());

    // Waits for the end of its input, which comes with the end of the test process, then ends the server at once and removes the folder.
    private const string Guardian =
        """
        folder=$1; shift
        "$@" </dev/null >>"$folder/log" 2>&1 &
        server=$!
        cat >/dev/null
        kill -QUIT $server 2>/dev/null; wait $server
        [ -e "$folder/stay" ] || rm -rf "$folder"
        """;

    private readonly string binaries;
    private readonly string folder;
    private Process? guardian;

    /// <summary>Makes a cluster and starts it. Skipped when PostgreSQL is not installed.</summary>
    public PostgresServer()
    {
        binaries = FindBinaries();
        folder = Directory.CreateTempSubdirectory("mesh-postgres-").FullName;
        string passwordFile = Path.Combine(folder, "password");
        File.WriteAllText(passwordFile, Password);
        if (Environment.IsPrivilegedProcess) Run("chown", "-R", "postgres", folder);
        Run([.. AsServer, Path.Combine(binaries, "initdb"), "-D", Data, "-U", "mesh", "-A", "scram-sha-256", "--pwfile", passwordFile, "-E", "UTF8", "--no-locale"]);
        Start();
    }

    /// <summary>The server that the tests of this process share, each with a schema of its own.</summary>
    public static PostgresServer Shared
    {
        get
        {
            FindBinaries();
            return SharedServer.Value;
        }
    }

    /// <summary>Connection of the superuser.</summary>
    public string Connection => $"Host={folder};Database=postgres;Username=mesh;Password={Password}";

    private string Data => Path.Combine(folder, "data");

    // The server refuses to run as root.
    private static string[] AsServer => Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : [];

    /// <summary>Ends the server's processes as a power failure would.</summary>
    public void Kill()
    {
        int postmaster = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        using var process = Process.GetProcessById(postmaster);
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        // A guardian whose server is gone removes the folder unless told not to.
        File.WriteAllText(Path.Combine(folder, "stay"), "");
        EndGuardian();
        File.Delete(Path.Combine(folder, "stay"));
    }

    /// <summary>Starts the server, for the first time or again.</summary>
    public void Start()
    {
        string[] command =
        [
            .. AsServer, Path.Combine(binaries, "postgres"), "-D", Data, "-k", folder, "-c", "listen_addresses=", "-c", "max_connections=300",
            "-c", "shared_buffers=32MB",
        ];
        guardian = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Guardian, "sh", folder, .. command]) { RedirectStandardInput = true })!;
        var waited = Stopwatch.StartNew();
        while (!IsReady())
        {
            Assert.True(!guardian.HasExited && waited.Elapsed < TimeSpan.FromMinutes(1), $"PostgreSQL did not start:\n{File.ReadAllText(Path.Combine(folder, "log"))}");
            Thread.Sleep(50);
        }
    }

    /// <summary>Ends the server and removes its folder.</summary>
    public void Dispose()
    {
        EndGuardian();
        // After a kill there was no guardian to do it.
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private static string FindBinaries()
    {
        const string Versions = "/usr/lib/postgresql";
        string? found = !Directory.Exists(Versions) ? null : Directory.GetDirectories(Versions)
            .OrderByDescending(version => int.TryParse(Path.GetFileName(version), out int number) ? number : 0)
            .Select(version => Path.Combine(version, "bin")).FirstOrDefault(path => File.Exists(Path.Combine(path, "initdb")));
        Assert.SkipWhen(found is null, "needs PostgreSQL: apt-get install postgresql");
        return found!;
    }

    private bool IsReady()
    {
        using var check = Process.Start(new ProcessStartInfo(Path.Combine(binaries, "pg_isready"), ["-q", "-h", folder]))!;
        check.WaitForExit();
        return check.ExitCode == 0;
    }

    private void EndGuardian()
    {
        if (guardian is null) return;
        guardian.StandardInput.Close();
        guardian.WaitForExit();
        guardian.Dispose();
        guardian = null;
    }

    private static void Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)} ended with {process.ExitCode}: {errors}");
        _ = output;
    }
}
