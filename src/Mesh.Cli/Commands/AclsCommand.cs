using System.CommandLine;
using Confluent.Kafka.Admin;
using Mesh.Cli.Output;
using Mesh.Kafka;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh acls list|add|remove</c>.</summary>
internal static class AclsCommand
{
    private const string ClusterName = "kafka-cluster";

    public static Command Create() => new("acls", "Who may do what on the event log, Mesh's own or a Kafka cluster's.")
    {
        LogOptions.Create("list", "The access control entries.", [], async (admin, _, parsed, cancellationToken) =>
        {
            Print(parsed, await admin.ListAccessAsync(cancellationToken).ConfigureAwait(false));
            return ExitCodes.Done;
        }),
        Change("add", "Allow users something, or deny it.", async (admin, rules, cancellationToken) =>
        {
            await admin.AddAccessAsync(rules, cancellationToken).ConfigureAwait(false);
            return rules;
        }),
        Change("remove", "Remove access control entries; prints those that were there.", static (admin, rules, cancellationToken) => admin.RemoveAccessAsync(rules, cancellationToken)),
    };

    private static Command Change(string name, string description, Func<TopicAdmin, IReadOnlyList<AccessRule>, CancellationToken, Task<IReadOnlyList<AccessRule>>> change)
    {
        var user = new Argument<string>("USER") { Description = "User, or '*' for everybody." };
        var operations = new Argument<string[]>("OPERATION") { Description = "read, write, create, delete, alter, describe, describeConfigs, alterConfigs, all ...", Arity = ArgumentArity.OneOrMore };
        var topic = new Option<string?>("--topic") { Description = "The topic, or '*' for all.", HelpName = "NAME" };
        var group = new Option<string?>("--group") { Description = "The consumer group, or '*' for all.", HelpName = "NAME" };
        var cluster = new Option<bool>("--cluster") { Description = "The cluster." };
        var prefix = new Option<bool>("--prefix") { Description = "Topics or groups whose name begins so." };
        var host = new Option<string>("--host") { Description = "Address the user comes from (default: any).", HelpName = "ADDRESS", DefaultValueFactory = _ => "*" };
        var deny = new Option<bool>("--deny") { Description = "Denied instead of allowed; denying wins." };
        return LogOptions.Create(name, description, [user, operations, topic, group, cluster, prefix, host, deny], async (admin, _, parsed, cancellationToken) =>
        {
            (ResourceType Type, string? Name)[] named = [(ResourceType.Topic, parsed.GetValue(topic)), (ResourceType.Group, parsed.GetValue(group)), (ResourceType.Broker, parsed.GetValue(cluster) ? ClusterName : null)];
            named = [.. named.Where(static resource => resource.Name is not null)];
            if (named.Length == 0) throw new UsageException("Of what? Give --topic NAME, --group NAME or --cluster.");
            if (parsed.GetValue(prefix) && parsed.GetValue(cluster)) throw new UsageException("--prefix has no meaning for --cluster.");
            var rules = named.SelectMany(resource => parsed.GetValue(operations)!.Select(operation => new AccessRule(
                resource.Type, resource.Name!, parsed.GetValue(prefix), $"User:{parsed.GetValue(user)}", parsed.GetValue(host)!, Operation(operation), !parsed.GetValue(deny)))).ToList();
            Print(parsed, await change(admin, rules, cancellationToken).ConfigureAwait(false));
            return ExitCodes.Done;
        });
    }

    private static AclOperation Operation(string name) =>
        Enum.TryParse<AclOperation>(name, ignoreCase: true, out var operation) && Enum.IsDefined(operation) && operation is not (AclOperation.Unknown or AclOperation.Any)
            ? operation
            : throw new UsageException($"'{name}' is no operation: read, write, create, delete, alter, describe, clusterAction, describeConfigs, alterConfigs, idempotentWrite or all.");

    private static void Print(ParseResult parsed, IReadOnlyList<AccessRule> rules)
    {
        if (QueryCommand.WantsJson(parsed))
        {
            Printer.Json(rules.Select(static rule => new
            {
                resource = Kind(rule), name = rule.Name, prefix = rule.IsPrefix, principal = rule.Principal, host = rule.Host, operation = rule.Operation.ToString(), allowed = rule.IsAllowed,
            }));
            return;
        }

        if (rules.Count == 0) Terminal.Out.WriteLine("No entries.");
        else
        {
            Printer.Table(["resource", "name", "principal", "host", "operation", ""], rules.Select(static rule =>
                (string[])[Kind(rule), rule.Name + (rule.IsPrefix ? "…" : ""), rule.Principal, rule.Host, rule.Operation.ToString(), rule.IsAllowed ? "allowed" : "denied"]));
        }
    }

    private static string Kind(AccessRule rule) => rule.Resource == ResourceType.Broker ? "cluster" : rule.Resource.ToString().ToLowerInvariant();
}
