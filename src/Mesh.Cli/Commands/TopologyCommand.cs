using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Commands.Ingest;
using Mesh.Commands.Topologies;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh topology validate|show</c>.</summary>
internal static class TopologyCommand
{
    public static Command Create() => new("topology", "Topology files: which recordings become which products, and what they start.") { Validate(), Show() };

    private static Command Validate()
    {
        var files = new Argument<string[]>("FILE") { Description = "Topology files.", Arity = ArgumentArity.OneOrMore };
        var json = CommonOptions.Json();
        var command = new Command("validate", "Check topology files; every error with its line and what to write instead.") { files, json };
        command.SetAction(parsed =>
        {
            var results = parsed.GetValue(files)!.Select(file =>
            {
                var topology = RunningTopology.Load(file);
                TopologyPlan.Read(topology);
                return new { File = file, topology.Name, topology.Version, Errors = topology.Errors.All };
            }).ToList();
            if (parsed.GetValue(json)) Printer.Json(results);
            else
            {
                foreach (var result in results)
                {
                    foreach (var error in result.Errors) Terminal.Error.WriteLine(error);
                    Terminal.Out.WriteLine(result.Errors.Count == 0 ? $"{result.File}: valid, {result.Name} {result.Version}" : $"{result.File}: {result.Errors.Count} errors");
                }
            }

            return results.All(result => result.Errors.Count == 0) ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static Command Show()
    {
        var file = new Argument<string?>("FILE") { Description = "Topology file (default: the built-in one).", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("show", "Print a topology; the built-in one is a good beginning for your own.") { file };
        command.SetAction(parsed =>
        {
            Terminal.Out.Write(RunningTopology.Load(parsed.GetValue(file)).Yaml);
            return ExitCodes.Done;
        });
        return command;
    }
}
