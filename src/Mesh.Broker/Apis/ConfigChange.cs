using System.Globalization;
using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>What AlterConfigs and IncrementalAlterConfigs have in common: one change of one resource's settings.</summary>
internal static class ConfigChange
{
    /// <summary>What a change came to.</summary>
    internal readonly record struct Outcome(ErrorCode Error, string? Message)
    {
        public static readonly Outcome Done = new(ErrorCode.None, null);
    }

    /// <summary>Computes new settings from its present ones, or says what is wrong.</summary>
    internal delegate Outcome Change(IReadOnlyDictionary<string, string> present, out IReadOnlyDictionary<string, string> changed);

    /// <summary>Carries a change out.</summary>
    public static async ValueTask<Outcome> ApplyAsync(BrokerState broker, Principal principal, ConfigResourceType type, string name, bool validateOnly, Change change)
    {
        switch (type)
        {
            case ConfigResourceType.Topic: break;
            case ConfigResourceType.Broker when !broker.Authoriser.Allows(principal, AclOperation.AlterConfigs, AclResourceType.Cluster, AclEntry.ClusterName):
                return new(ErrorCode.ClusterAuthorizationFailed, "Altering the broker's settings needs AlterConfigs on the cluster.");
            case ConfigResourceType.Broker when name.Length > 0 && name != BrokerState.NodeId.ToString(CultureInfo.InvariantCulture):
                return new(ErrorCode.InvalidRequest, $"Unexpected broker id, expected {BrokerState.NodeId} or empty string, but received '{name}'.");
            case ConfigResourceType.Broker:
                if (validateOnly) return Compute(broker.Dynamic.Values, change, broker.Dynamic.Validate, out _);
                return await CarryOutAsync(change, broker.Dynamic.Validate, broker.Topics.AlterDefaultsAsync).ConfigureAwait(false);
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
        if (validateOnly) return Compute(topic.Settings, change, TopicSettings.Validate, out _);
        return await CarryOutAsync(change, TopicSettings.Validate, alter => broker.Topics.AlterSettingsAsync(name, alter)).ConfigureAwait(false);
    }

    private static async ValueTask<Outcome> CarryOutAsync(
        Change change, Func<IReadOnlyDictionary<string, string>, string?> validate,
        Func<Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string>?>, ValueTask<ErrorCode>> alter)
    {
        var outcome = Outcome.Done;
        var error = await alter(present =>
        {
            outcome = Compute(present, change, validate, out var changed);
            return outcome.Error == ErrorCode.None ? changed : null;
        }).ConfigureAwait(false);
        return outcome.Error != ErrorCode.None ? outcome
            : error == ErrorCode.None ? Outcome.Done
            : new(error, error == ErrorCode.KafkaStorageError ? "The settings could not be written to the disk." : null);
    }

    private static Outcome Compute(
        IReadOnlyDictionary<string, string> present, Change change, Func<IReadOnlyDictionary<string, string>, string?> validate, out IReadOnlyDictionary<string, string> changed)
    {
        var outcome = change(present, out changed);
        if (outcome.Error != ErrorCode.None) return outcome;
        return validate(changed) is { } wrong ? new(ErrorCode.InvalidConfig, wrong) : Outcome.Done;
    }
}
