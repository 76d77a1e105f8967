using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>What AlterConfigs and IncrementalAlterConfigs have in common: one change of one resource's settings.</summary>
internal static class TopicConfigChange
{
    /// <summary>What a change came to.</summary>
    internal readonly record struct Outcome(ErrorCode Error, string? Message)
    {
        public static readonly Outcome Done = new(ErrorCode.None, null);
    }

    /// <summary>Computes a topic's new settings from its present ones, or says what is wrong.</summary>
    internal delegate Outcome Change(IReadOnlyDictionary<string, string> present, out IReadOnlyDictionary<string, string> changed);

    /// <summary>Carries a change out.</summary>
    public static async ValueTask<Outcome> ApplyAsync(BrokerState broker, Principal principal, ConfigResourceType type, string name, bool validateOnly, Change change)
    {
        switch (type)
        {
            case ConfigResourceType.Topic: break;
            case ConfigResourceType.Broker:
                return broker.Authoriser.Allows(principal, AclOperation.AlterConfigs, AclResourceType.Cluster, AclEntry.ClusterName)
                    ? new(ErrorCode.InvalidRequest, "Cannot update these configs dynamically: this broker's settings are those it was started with.")
                    : new(ErrorCode.ClusterAuthorizationFailed, "Altering the broker's settings needs AlterConfigs on the cluster.");
            case ConfigResourceType.BrokerLogger:
                return new(ErrorCode.InvalidRequest, "This broker's logging has no settings that clients change.");
            default:
                return new(ErrorCode.InvalidRequest, $"There are no settings of resource type {(sbyte)type}.");
        }

        if (!broker.Authoriser.Allows(principal, AclOperation.AlterConfigs, AclResourceType.Topic, name))
        {
            return new(ErrorCode.TopicAuthorizationFailed, "Altering a topic's settings needs AlterConfigs on it.");
        }

        if (broker.Topics.Find(name) is not { } topic) return new(ErrorCode.UnknownTopicOrPartition, $"There is no topic '{name}'.");
        if (validateOnly) return Compute(topic.Settings, change, out _);

        var outcome = Outcome.Done;
        var error = await broker.Topics.AlterSettingsAsync(name, present =>
        {
            outcome = Compute(present, change, out var changed);
            return outcome.Error == ErrorCode.None ? changed : null;
        }).ConfigureAwait(false);
        return outcome.Error != ErrorCode.None ? outcome
            : error == ErrorCode.None ? Outcome.Done
            : new(error, error == ErrorCode.KafkaStorageError ? "The settings could not be written to the disk." : null);
    }

    private static Outcome Compute(IReadOnlyDictionary<string, string> present, Change change, out IReadOnlyDictionary<string, string> changed)
    {
        var outcome = change(present, out changed);
        if (outcome.Error != ErrorCode.None) return outcome;
        return TopicSettings.Validate(changed) is { } wrong ? new(ErrorCode.InvalidConfig, wrong) : Outcome.Done;
    }
}
