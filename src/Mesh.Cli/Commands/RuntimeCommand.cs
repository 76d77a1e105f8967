using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Commands;
using Mesh.Commands.Configuration;
using Mesh.Model;
using Mesh.Onnx.Runtime;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh runtime list|install|remove</c>: what runs ONNX models.</summary>
internal static class RuntimeCommand
{
    public static Command Create() => new("runtime", "What runs ONNX models here: ONNX Runtime where it is found, else Mesh's own evaluator.") { List(), Install(), Remove() };

    private static Command List()
    {
        var (config, json) = (CommonOptions.Config(), CommonOptions.Json());
        var command = new Command("list", "The runtimes found, in the order of preference, and which is used.") { config, json };
        command.SetAction(parsed =>
        {
            var found = OnnxRuntimes.List(OnnxRuntimeSettings.Read(CommonOptions.ReadSettings(parsed.GetValue(config)), CommonOptions.EnvironmentVariables()));
            var chosen = OnnxRuntimes.Chosen(found);
            var rows = found.Select(runtime => new Row(
                    OnnxRuntimes.OnnxRuntime, runtime.Version, runtime.Providers, runtime.Source.ToString().ToLowerInvariant(), runtime.Path, ReferenceEquals(runtime, chosen) && runtime.Problem is null, runtime.Problem))
                .Append(new Row(OnnxRuntimes.Evaluator, MeshVersion.Text.Split('+')[0], [OrtProvider.Cpu], "builtin", null, chosen is null, null)).ToList();
            if (parsed.GetValue(json)) Printer.Json(rows);
            else
            {
                Printer.Table(
                    ["runtime", "version", "providers", "from", "", "where"],
                    rows.Select(row => (string[])[row.Name, row.Version ?? "", string.Join(", ", row.Providers), row.From, row.Problem is not null ? "!!" : row.IsUsed ? "used" : "", row.Path ?? "part of mesh"]));
                foreach (string problem in rows.Select(row => row.Problem).OfType<string>()) Terminal.Out.WriteLine(problem);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Install()
    {
        var (name, folder, json) = (Name(), Folder(), CommonOptions.Json());
        var version = new Option<string?>("--version") { Description = $"Version of npm's package {OrtPackages.Name} (default: {OrtPackages.DefaultVersion}, or that of FILE).", HelpName = "V" };
        var from = new Option<string?>("--from") { Description = $"An archive that `npm pack {OrtPackages.Name}` wrote, instead of fetching one.", HelpName = "FILE.tgz" };
        var integrity = new Option<string?>("--integrity") { Description = "Digest the archive must have, sha512-...; needed for versions that Mesh does not know.", HelpName = "DIGEST" };
        var command = new Command("install", "Install ONNX Runtime for the CPU of this machine: fetched by npm, checked against a known digest.") { name, version, from, integrity, folder, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            CheckName(parsed.GetValue(name)!);
            string root = RootOf(parsed.GetValue(folder));
            var request = new OrtInstallRequest { Version = parsed.GetValue(version), Archive = parsed.GetValue(from), Integrity = parsed.GetValue(integrity) };
            var installer = new OrtInstaller(root, Terminal.Error.WriteLine);
            var installed = await installer.InstallAsync(request, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(installed);
            else
            {
                Terminal.Out.WriteLine($"onnxruntime {installed.Version} for {installed.Platform} {(installed.IsNew ? "installed" : "was installed already")}: {installed.Path}");
                if (parsed.GetValue(folder) is not null) Terminal.Out.WriteLine($"It is used where the setting onnx.runtime.path, or {OnnxRuntimeSearch.Variable}, is {root}");
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Remove()
    {
        var (name, folder, json) = (Name(), Folder(), CommonOptions.Json());
        var version = new Option<string?>("--version") { Description = "Version (default: the only one that is installed).", HelpName = "V" };
        var command = new Command("remove", "Remove a version that `mesh runtime install` put there.") { name, version, folder, json };
        command.SetAction(parsed =>
        {
            CheckName(parsed.GetValue(name)!);
            string root = RootOf(parsed.GetValue(folder));
            var installer = new OrtInstaller(root);
            var removed = installer.Remove(parsed.GetValue(version) ?? OnlyVersion(installer, root));
            if (parsed.GetValue(json)) Printer.Json(removed);
            else Terminal.Out.WriteLine($"onnxruntime {removed.Version} removed from {root}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static string OnlyVersion(OrtInstaller installer, string root)
    {
        var installed = installer.List();
        return installed.Count switch
        {
            1 => installed[0].Version,
            0 => throw new MeshException("MESH9859", $"No version of ONNX Runtime is installed in {root}. `mesh runtime list` shows those found elsewhere."),
            _ => throw new UsageException($"Which one? Give --version with one of {string.Join(", ", installed.Select(one => one.Version))}."),
        };
    }

    private static Argument<string> Name() => new("NAME") { Description = $"The runtime: {OnnxRuntimes.OnnxRuntime}." };

    private static Option<string?> Folder() => new("--dir") { Description = "Folder that holds the versions (default: mesh/runtimes/onnxruntime in your data folder, $XDG_DATA_HOME).", HelpName = "DIR" };

    private static void CheckName(string name)
    {
        if (name != OnnxRuntimes.OnnxRuntime) throw new UsageException($"'{name}' cannot be installed or removed: only {OnnxRuntimes.OnnxRuntime} can.");
    }

    private static string RootOf(string? folder) =>
        folder is not null ? Path.GetFullPath(folder) : OnnxRuntimeSearch.DefaultInstalledFolder() ?? throw new UsageException("You have no data folder here ($HOME is not set): name a folder by --dir.");

    private sealed record Row(string Name, string? Version, IReadOnlyList<string> Providers, string From, string? Path, bool IsUsed, string? Problem);
}
