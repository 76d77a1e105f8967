using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Mesh.Model;

namespace Mesh.Kafka;

/// <summary>Who may do what.</summary>
public sealed partial class TopicAdmin
{
    /// <summary>The access control entries, ordered by resource.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<IReadOnlyList<AccessRule>> ListAccessAsync(CancellationToken cancellationToken)
    {
        try
        {
            var all = new AclBindingFilter
            {
                PatternFilter = new ResourcePatternFilter { Type = ResourceType.Any, ResourcePatternType = ResourcePatternType.Any },
                EntryFilter = new AccessControlEntryFilter { Operation = AclOperation.Any, PermissionType = AclPermissionType.Any },
            };
            var found = await admin.DescribeAclsAsync(all, new DescribeAclsOptions { RequestTimeout = RequestTimeout }).WaitAsync(cancellationToken).ConfigureAwait(false);
            return [.. found.AclBindings.Select(Rule).OrderBy(static rule => rule.Resource).ThenBy(static rule => rule.Name, StringComparer.Ordinal).ThenBy(static rule => rule.Principal, StringComparer.Ordinal)];
        }
        catch (KafkaException exception)
        {
            throw Failed("list the access control entries", exception.Error, exception);
        }
    }

    /// <summary>Adds access control entries; those that are there already change nothing.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task AddAccessAsync(IReadOnlyCollection<AccessRule> rules, CancellationToken cancellationToken)
    {
        try
        {
            await admin.CreateAclsAsync(rules.Select(Binding), new CreateAclsOptions { RequestTimeout = RequestTimeout }).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (CreateAclsException exception)
        {
            throw Failed("add an access control entry", exception.Results.Find(static result => result.Error.IsError)?.Error ?? exception.Error, exception);
        }
        catch (KafkaException exception)
        {
            throw Failed("add an access control entry", exception.Error, exception);
        }
    }

    /// <summary>Removes access control entries.</summary>
    /// <returns>Those that were there.</returns>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<IReadOnlyList<AccessRule>> RemoveAccessAsync(IReadOnlyCollection<AccessRule> rules, CancellationToken cancellationToken)
    {
        try
        {
            var removed = await admin.DeleteAclsAsync(rules.Select(static rule => Binding(rule).ToFilter()), new DeleteAclsOptions { RequestTimeout = RequestTimeout })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            return [.. removed.SelectMany(static result => result.AclBindings).Select(Rule)];
        }
        catch (DeleteAclsException exception)
        {
            throw Failed("remove an access control entry", exception.Results.Find(static result => result.Error.IsError)?.Error ?? exception.Error, exception);
        }
        catch (KafkaException exception)
        {
            throw Failed("remove an access control entry", exception.Error, exception);
        }
    }

    private static AclBinding Binding(AccessRule rule) => new()
    {
        Pattern = new ResourcePattern { Type = rule.Resource, Name = rule.Name, ResourcePatternType = rule.IsPrefix ? ResourcePatternType.Prefixed : ResourcePatternType.Literal },
        Entry = new AccessControlEntry
        {
            Principal = rule.Principal,
            Host = rule.Host,
            Operation = rule.Operation,
            PermissionType = rule.IsAllowed ? AclPermissionType.Allow : AclPermissionType.Deny,
        },
    };

    private static AccessRule Rule(AclBinding binding) => new(
        binding.Pattern.Type, binding.Pattern.Name, binding.Pattern.ResourcePatternType == ResourcePatternType.Prefixed, binding.Entry.Principal, binding.Entry.Host,
        binding.Entry.Operation, binding.Entry.PermissionType == AclPermissionType.Allow);
}
