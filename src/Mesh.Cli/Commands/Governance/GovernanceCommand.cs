using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Governance;
using Mesh.Commands.State;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;

namespace Mesh.Cli.Commands.Governance;

/// <summary>The shape that the commands of governance share: a server, or a directory that no server has; questions read it, decisions take its lock.</summary>
internal static class GovernanceCommand
{
    public static Argument<string> Model() => new("MODEL") { Description = "NAME@VERSION or NAME@ALIAS." };

    public static Argument<string> Name() => new("NAME") { Description = "Name of the model." };

    public static Option<string> As() => new("--as") { Description = "Identity that decides: its name, or the path of its private key.", HelpName = "IDENTITY", Required = true };

    public static Option<string> Reason() => new("--reason") { Description = "Why, in your words; it stays in the log.", HelpName = "TEXT", Required = true };

    /// <summary>A command that asks.</summary>
    public static Command Ask(string name, string description, IReadOnlyList<Symbol> symbols, Func<IGovernance, ParseResult, CancellationToken, Task<int>> run) =>
        Create(name, description, symbols, forReading: true, run);

    /// <summary>A command that changes something.</summary>
    public static Command Change(string name, string description, IReadOnlyList<Symbol> symbols, Func<IGovernance, ParseResult, CancellationToken, Task<int>> run) =>
        Create(name, description, symbols, forReading: false, run);

    /// <summary>A command that makes a signed decision.</summary>
    /// <param name="name">Name of the command.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="symbols">Its own arguments and options.</param>
    /// <param name="request">What is asked for, as the words of the line have it.</param>
    /// <param name="resolve">Has the server say what the words mean.</param>
    /// <param name="say">What to print for people, given the entry.</param>
    public static Command Decide(
        string name, string description, IReadOnlyList<Symbol> symbols, Func<ParseResult, GovernanceRequest> request,
        Func<IGovernance, GovernanceRequest, CancellationToken, Task<GovernanceRequest>> resolve, Func<IGovernance, Decision, CancellationToken, Task<string>> say)
    {
        var identity = As();
        return Change(name, description, [.. symbols, identity, Reason()], async (governance, parsed, cancellationToken) =>
        {
            using var key = IdentityFolder.Read(parsed.GetValue(identity)!);
            var asked = await resolve(governance, request(parsed), cancellationToken).ConfigureAwait(false);
            var signed = await GovernanceSigner.DecideAsync(governance, asked, key, cancellationToken).ConfigureAwait(false);
            var decision = signed.Decision;
            if (QueryCommand.WantsJson(parsed)) Printer.Json(new DecisionView(decision, signed.Hash, signed.Signature));
            else
            {
                Terminal.Out.WriteLine(await say(governance, decision, cancellationToken).ConfigureAwait(false));
                Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"entry {decision.Sequence} of the decision log, signed by {decision.Actor}, hash {signed.Hash}"));
            }

            return ExitCodes.Done;
        });
    }

    /// <summary>A request; the signer fills the key in.</summary>
    public static GovernanceRequest Request(GovernanceAction action, ParseResult parsed) => new() { Action = action, Reason = parsed.GetValue<string>("--reason")!, KeySha256 = "" };

    /// <summary>A request about a version; where an alias is written, the model is still the whole reference and the version 0.</summary>
    public static GovernanceRequest RequestOfVersion(GovernanceAction action, ParseResult parsed)
    {
        string model = parsed.GetValue<string>("MODEL")!;
        var reference = ModelReference.Parse(model);
        return Request(action, parsed) with { Model = reference.Version is null ? model : reference.Name, Version = reference.Version ?? 0 };
    }

    /// <summary>Asks for the version that an alias means.</summary>
    public static async Task<GovernanceRequest> ResolveAsync(IGovernance governance, GovernanceRequest request, CancellationToken cancellationToken)
    {
        if (request.Version > 0) return request;
        var found = ModelReference.Parse((await governance.GetModelStatusAsync(request.Model, cancellationToken).ConfigureAwait(false)).Model);
        return request with { Model = found.Name, Version = found.Version!.Value };
    }

    private static Command Create(
        string name, string description, IReadOnlyList<Symbol> symbols, bool forReading, Func<IGovernance, ParseResult, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        var (server, data, token, config) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Config());
        foreach (var option in new Option[] { server, data, token, config, CommonOptions.Json() }) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var governance = await OpenAsync(parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), parsed.GetValue(config), forReading, cancellationToken).ConfigureAwait(false);
            await using (governance.ConfigureAwait(false)) return await run(governance, parsed, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>A server when one is named or has the directory, else the directory itself.</summary>
    public static async Task<IGovernance> OpenAsync(string? server, string? data, string? token, string? config, bool forReading, CancellationToken cancellationToken)
    {
        bool named = server is not null || Environment.GetEnvironmentVariable("MESH_SERVER") is not null;
        if (named || data is null || ServerEndpoints.Find(data) is not null) return new HttpGovernance(CommonOptions.ServerAddress(server, data), CommonOptions.TokenOf(token));
        return await LocalGovernance.OpenAsync(data, CommonOptions.ReadSettings(config), forReading, cancellationToken).ConfigureAwait(false);
    }
}
