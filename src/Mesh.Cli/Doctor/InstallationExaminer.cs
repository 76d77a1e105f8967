using Mesh.Cli.Commands;
using Mesh.Commands.Configuration;
using Mesh.Commands.State;
using Mesh.Model;

namespace Mesh.Cli.Doctor;

/// <summary>Examines the installation: the machine, libraries, settings, state directory, listeners, and the services that the settings name. Changes nothing.</summary>
/// <param name="data">The state directory; null for the one that <c>mesh up</c> takes when none is named.</param>
/// <param name="configFile">The configuration file; null for the one that servers find by themselves.</param>
internal sealed class InstallationExaminer(string? data, string? configFile)
{
    private const string UsualData = "mesh-data";

    private readonly string folder = data ?? UsualData;

    /// <summary>Examines everything, in the order in which a person would look.</summary>
    public async Task<IReadOnlyList<InstallationCheck>> ExamineAsync(CancellationToken cancellationToken)
    {
        var checks = new List<InstallationCheck>();
        var settings = ReadSettings(checks);
        checks.AddRange(MachineChecks.All(settings));
        checks.AddRange(LibraryChecks.All(settings));
        using var state = OpenState(checks);
        if (settings is null) return checks;
        checks.AddRange(ListenerChecks.All(settings, ServerEndpoints.Find(folder)));
        checks.AddRange(await ServiceChecks.AllAsync(state, settings, cancellationToken).ConfigureAwait(false));
        if (ServerEndpoints.Find(folder) is not null) checks.AddRange(await ServiceChecks.RunningServerAsync(folder, configFile, cancellationToken).ConfigureAwait(false));
        return checks;
    }

    private Settings? ReadSettings(List<InstallationCheck> checks)
    {
        try
        {
            var settings = CommonOptions.ReadSettings(configFile);
            int changed = settings.All.Count(value => value.Source != "default");
            checks.Add(InstallationCheck.Ok("settings", changed == 0 ? "all as by default" : $"{changed} are set: mesh config show --changed"));
            return settings;
        }
        catch (MeshException exception)
        {
            checks.Add(InstallationCheck.Fail("settings", $"{exception.Code}: {exception.Message}", "Correct the file or the variable that is named; what depends on settings was not examined."));
            return null;
        }
    }

    private StateDirectory? OpenState(List<InstallationCheck> checks)
    {
        string root = Path.GetFullPath(folder);
        if (!File.Exists(Path.Combine(root, "VERSION")))
        {
            checks.Add(data is null
                ? InstallationCheck.Ok("state directory", $"none yet at {root}; `mesh up` makes it")
                : InstallationCheck.Fail("state directory", $"{root} is not a state directory of Mesh", "Name another with --data, or have `mesh up --data DIR` make it."));
            return null;
        }

        try
        {
            var state = StateDirectory.OpenForReading(folder);
            checks.Add(CanWrite(root)
                ? InstallationCheck.Ok("state directory", $"{root}, version {StateDirectory.CurrentVersion}{(ServerEndpoints.Find(folder) is { } server ? $", in use by process {server.ProcessId}" : ", in use by nobody")}")
                : InstallationCheck.Fail("state directory", $"{root} cannot be written by {Environment.UserName}", "Give the folder to the user that runs Mesh: chown, or another --data DIR."));
            return state;
        }
        catch (MeshException exception)
        {
            checks.Add(InstallationCheck.Fail("state directory", $"{exception.Code}: {exception.Message}"));
            return null;
        }
    }

    private static bool CanWrite(string root)
    {
        string probe = Path.Combine(root, $".doctor-{Guid.NewGuid():N}");
        try
        {
            using var file = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
