using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Jobs;
using Mesh.Commands.State;
using Mesh.Commands.Topologies;
using Mesh.Commands.Topologies.Testing;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Training.Pools;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh topology validate|list|show|plan|apply|retire|test</c>.</summary>
internal static class TopologyCommand
{
    public static Command Create() => new("topology", "Topologies: which recordings become which products, and what they start.")
    {
        Validate(), List(), Show(), Plan(), Apply(), Retire(), TopologyTestCommand.Create(),
    };

    private static Command Validate()
    {
        var files = new Argument<string[]>("FILE") { Description = "Topology files, and their tests (*.test.yaml).", Arity = ArgumentArity.OneOrMore };
        var json = CommonOptions.Json();
        var config = CommonOptions.Config();
        var command = new Command("validate", "Check topology files; every error with its line and what to write instead.") { files, json, config };
        command.SetAction(parsed =>
        {
            var pools = PoolSettings.Read(CommonOptions.ReadSettings(parsed.GetValue(config)));
            var results = parsed.GetValue(files)!.Select(file => Check(file, pools)).ToList();
            if (parsed.GetValue(json)) Printer.Json(results);
            else
            {
                foreach (var result in results)
                {
                    foreach (var error in result.Errors) Terminal.Error.WriteLine(error);
                    Terminal.Out.WriteLine(result.Errors.Count > 0 ? $"{result.File}: {result.Errors.Count} errors" : result.Name is null ? $"{result.File}: valid" : $"{result.File}: valid, {result.Name}@{result.Version}");
                }
            }

            return results.All(result => result.Errors.Count == 0) ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static CheckedFile Check(string file, PoolSet pools)
    {
        if (file.EndsWith(TopologyTestFile.Extension, StringComparison.Ordinal)) return new CheckedFile(file, null, null, null, TopologyTestFile.Check(file));
        var topology = RunningTopology.Load(file);
        TopologyPlan.Read(topology, pools);
        return new CheckedFile(file, topology.Name, topology.VersionNumber, topology.Digest, topology.Errors.All);
    }

    private static Command List() => Asking("list", "Topologies in force, and those that were.", [], async (topologies, parsed, cancellationToken) =>
    {
        var all = await topologies.ListAsync(cancellationToken).ConfigureAwait(false);
        if (QueryCommand.WantsJson(parsed)) Printer.Json(all);
        else if (all.Count == 0) Terminal.Out.WriteLine("No topology has been in force here yet; `mesh up` begins with the built-in one.");
        else
        {
            Printer.Table(
                ["topology", "state", "origin", "since", "reads", "group", "products"],
                all.Select(topology => (string[])
                [
                    $"{topology.Name}@{topology.Version}", topology.State, topology.Origin.ToString().ToLowerInvariant(), topology.AppliedAt.ToString("u", CultureInfo.InvariantCulture),
                    topology.FromEarliest ? "everything" : "from then on", topology.Group, string.Join(", ", topology.Products),
                ]));
        }

        return ExitCodes.Done;
    });

    private static Command Show()
    {
        var what = new Argument<string?>("NAME|FILE") { Description = "Name of a topology, NAME@VERSION, or a file (default: the built-in one).", Arity = ArgumentArity.ZeroOrOne };
        return AskingLater("show", "Print a topology; the built-in one is a good beginning for your own.", [what], async (open, parsed, cancellationToken) =>
        {
            string? asked = parsed.GetValue(what);
            if (asked is null || File.Exists(asked))
            {
                var topology = RunningTopology.Load(asked);
                if (QueryCommand.WantsJson(parsed)) Printer.Json(new { topology.Name, Version = topology.VersionNumber, topology.Owner, topology.Digest, topology.Yaml });
                else Terminal.Out.Write(topology.Yaml);
                return ExitCodes.Done;
            }

            var (name, version) = NameOf(asked);
            var topologies = open();
            await using (topologies.ConfigureAwait(false))
            {
                var found = await topologies.FindAsync(name, version, cancellationToken).ConfigureAwait(false)
                    ?? throw new MeshException("MESH2305", $"There is neither a file nor a topology '{asked}'. `mesh topology list` shows the topologies.");
                if (QueryCommand.WantsJson(parsed)) Printer.Json(found);
                else Terminal.Out.Write(found.Yaml);
            }

            return ExitCodes.Done;
        });
    }

    private static Command Plan()
    {
        var file = FileArgument();
        var mermaid = new Option<bool>("--mermaid") { Description = "Print the graph alone, as a Mermaid flowchart." };
        return Asking("plan", "What applying a topology would change, with a drawing of its graph.", [file, mermaid], async (topologies, parsed, cancellationToken) =>
        {
            var plan = await topologies.PlanAsync(Read(parsed), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(plan);
            else if (parsed.GetValue(mermaid)) Terminal.Out.Write(plan.Mermaid);
            else Print(plan);
            return plan.Conflicts.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
    }

    private static Command Apply()
    {
        var file = FileArgument();
        return Asking("apply", "Bring a topology into force on a running server; one of the same name and version is replaced without loss.", [file], async (topologies, parsed, cancellationToken) =>
        {
            var plan = await topologies.ApplyAsync(Read(parsed), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(plan);
            else
            {
                PrintChanges(plan);
                Terminal.Out.WriteLine(plan.Action == "stay" ? $"{plan.Name}@{plan.Version} was in force already" : $"{plan.Name}@{plan.Version} is in force");
            }

            return ExitCodes.Done;
        });
    }

    private static Command Retire()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the topology, or NAME@VERSION." };
        return Asking("retire", "Take a topology out of force; its tables stay.", [name], async (topologies, parsed, cancellationToken) =>
        {
            var (topology, request) = ReadRetire(parsed);
            var retired = await topologies.RetireAsync(topology, request, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(retired);
            else Terminal.Out.WriteLine($"{retired.Name}@{retired.Version} is retired; its tables stay");
            return ExitCodes.Done;
        });
    }

    private static Argument<string> FileArgument() => new("FILE") { Description = "Topology file." };

    /// <summary>The file that <c>mesh topology plan</c> or <c>apply</c> is asked about.</summary>
    internal static TopologyRequest Read(ParseResult parsed)
    {
        string file = parsed.GetValue<string>("FILE")!;
        return new TopologyRequest(file, RunningTopology.ReadText(file));
    }

    /// <summary>What <c>mesh topology retire</c> is asked for.</summary>
    internal static (string Name, RetireRequest Request) ReadRetire(ParseResult parsed)
    {
        var (name, version) = NameOf(parsed.GetValue<string>("NAME")!);
        return (name, new RetireRequest(version));
    }

    private static (string Name, int? Version) NameOf(string text)
    {
        int at = text.LastIndexOf('@');
        if (at < 0) return (text, null);
        return int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int version)
            ? (text[..at], version)
            : throw new UsageException($"'{text}' is not a topology: expected NAME or NAME@VERSION, for example fleet-ingest@2.");
    }

    private static void Print(TopologyPlanView plan)
    {
        foreach (string line in plan.Tree) Terminal.Out.WriteLine(line);
        Terminal.Out.WriteLine();
        PrintChanges(plan);
        foreach (string note in plan.Notes) Terminal.Out.WriteLine($"note: {note}");
        foreach (string conflict in plan.Conflicts) Terminal.Error.WriteLine($"error {conflict}");
        if (plan.Conflicts.Count == 0) Terminal.Out.WriteLine(plan.Action == "stay" ? "nothing to apply" : "apply it with: mesh topology apply FILE");
    }

    private static void PrintChanges(TopologyPlanView plan)
    {
        foreach (var change in plan.Changes)
        {
            string sign = change.Action switch { "add" => "+", "change" => "~", "remove" => "-", _ => " " };
            Terminal.Out.WriteLine($"{sign} {change.Kind,-8} {change.Name}{(change.Detail.Length > 0 ? $"  ({change.Detail})" : "")}");
        }
    }

    private static Command Asking(string name, string description, IReadOnlyList<Symbol> symbols, Func<ITopologies, ParseResult, CancellationToken, Task<int>> run) =>
        AskingLater(name, description, symbols, async (open, parsed, cancellationToken) =>
        {
            var topologies = open();
            await using (topologies.ConfigureAwait(false)) return await run(topologies, parsed, cancellationToken).ConfigureAwait(false);
        });

    private static Command AskingLater(string name, string description, IReadOnlyList<Symbol> symbols, Func<Func<ITopologies>, ParseResult, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        var (server, data, token, config) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Config());
        foreach (var option in new Option[] { server, data, token, config, CommonOptions.Json() }) command.Add(option);
        command.SetAction((parsed, cancellationToken) => run(
            () => Open(parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), parsed.GetValue(config)), parsed, cancellationToken));
        return command;
    }

    private static ITopologies Open(string? server, string? data, string? token, string? config)
    {
        bool named = server is not null || Environment.GetEnvironmentVariable("MESH_SERVER") is not null;
        return named || data is null || ServerEndpoints.Find(data) is not null
            ? new HttpTopologies(CommonOptions.ServerAddress(server, data), CommonOptions.TokenOf(token))
            : StoredTopologies.OpenReadOnly(data, CommonOptions.ReadSettings(config));
    }

    /// <summary>What was found in a file; a test has no name of its own.</summary>
    private sealed record CheckedFile(string File, string? Name, int? Version, string? Digest, IReadOnlyList<TopologyError> Errors);
}
