using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Which topics there are and where to reach the broker.</summary>
internal sealed class MetadataApi(BrokerState broker) : Api(ApiKey.Metadata, 0, 12, flexibleFrom: 9)
{
    private readonly record struct Wanted(string? Name, Guid Id);

    private readonly record struct Answer(ErrorCode Error, string? Name, Guid Id, Topic? Topic);

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var wanted = request.NullableArray(reader =>
        {
            var id = version >= 10 ? reader.Uuid() : Guid.Empty;
            string? name = version >= 10 ? reader.NullableString() : reader.String();
            reader.Tags();
            return new Wanted(name, id);
        });
        bool mayCreate = version < 4 || request.Boolean();
        bool wantsClusterOperations = version is >= 8 and <= 10 && request.Boolean();
        bool wantsTopicOperations = version >= 8 && request.Boolean();
        request.Tags();

        // In version 0 an empty list means all topics, later it means none.
        var answers = new List<Answer>();
        if (wanted is null || (version == 0 && wanted.Count == 0))
        {
            answers.AddRange(broker.Topics.All.Where(topic => Sees(context.Principal, topic.Name)).Select(topic => new Answer(ErrorCode.None, topic.Name, topic.Id, topic)));
        }
        else
        {
            // Each topic once: a short request could otherwise make a very long answer.
            foreach (var topic in wanted.Distinct()) answers.Add(await FindAsync(context.Principal, topic, mayCreate).ConfigureAwait(false));
        }

        Write(response, version, answers, wantsTopicOperations ? context.Principal : null);
        if (version is >= 8 and <= 10)
        {
            bool tells = wantsClusterOperations && broker.Authoriser.AllowsCluster(context.Principal, AclOperation.Describe);
            response.Int32(tells ? broker.Authoriser.AllowedOperations(context.Principal, AclResourceType.Cluster, AclEntry.ClusterName) : wantsClusterOperations ? 0 : int.MinValue);
        }

        response.Tags();
    }

    private bool Sees(Principal principal, string topic) => broker.Authoriser.AllowsTopic(principal, AclOperation.Describe, topic);

    private async ValueTask<Answer> FindAsync(Principal principal, Wanted wanted, bool mayCreate)
    {
        if (wanted.Name is null)
        {
            return broker.Topics.Find(wanted.Id) is { } byId && Sees(principal, byId.Name) ? new Answer(ErrorCode.None, byId.Name, byId.Id, byId) : new Answer(ErrorCode.UnknownTopicId, null, wanted.Id, null);
        }

        if (!Sees(principal, wanted.Name)) return new Answer(ErrorCode.TopicAuthorizationFailed, wanted.Name, Guid.Empty, null);
        if (broker.Topics.Find(wanted.Name) is { } found) return new Answer(ErrorCode.None, found.Name, found.Id, found);
        if (!Topic.IsValidName(wanted.Name)) return new Answer(ErrorCode.InvalidTopic, wanted.Name, Guid.Empty, null);
        if (!mayCreate || !broker.Options.AutoCreateTopics) return new Answer(ErrorCode.UnknownTopicOrPartition, wanted.Name, Guid.Empty, null);
        if (!broker.Authoriser.AllowsCreating(principal, wanted.Name)) return new Answer(ErrorCode.TopicAuthorizationFailed, wanted.Name, Guid.Empty, null);

        var (error, created) = await broker.Topics.CreateAsync(wanted.Name, broker.Options.DefaultPartitions, new Dictionary<string, string>()).ConfigureAwait(false);
        return created is null ? new Answer(error, wanted.Name, Guid.Empty, null) : new Answer(ErrorCode.None, created.Name, created.Id, created);
    }

    private void Write(ProtocolWriter response, short version, List<Answer> answers, Principal? operationsOf)
    {
        if (version >= 3) response.Int32(0);
        response.ArrayLength(1);
        response.Int32(BrokerState.NodeId);
        response.String(broker.Host);
        response.Int32(broker.Port);
        if (version >= 1) response.NullableString(null);
        response.Tags();
        if (version >= 2) response.NullableString(broker.Topics.ClusterId);
        if (version >= 1) response.Int32(BrokerState.NodeId);
        response.Array(answers, (writer, answer) =>
        {
            writer.Error(answer.Error);
            if (version >= 12) writer.NullableString(answer.Name);
            else writer.String(answer.Name ?? "");
            if (version >= 10) writer.Uuid(answer.Id);
            if (version >= 1) writer.Boolean(answer.Topic?.IsInternal ?? false);
            int partitions = answer.Topic?.Partitions.Count ?? 0;
            writer.ArrayLength(partitions);
            for (int p = 0; p < partitions; p++) WritePartition(writer, version, p, answer.Topic!.Partitions[p].LeaderEpoch);
            if (version >= 8) writer.Int32(operationsOf is not null && answer.Topic is { } topic ? broker.Authoriser.AllowedOperations(operationsOf, AclResourceType.Topic, topic.Name) : int.MinValue);
            writer.Tags();
        });
    }

    private static void WritePartition(ProtocolWriter writer, short version, int partition, int leaderEpoch)
    {
        writer.Error(ErrorCode.None);
        writer.Int32(partition);
        writer.Int32(BrokerState.NodeId);
        if (version >= 7) writer.Int32(leaderEpoch);
        writer.ArrayLength(1);
        writer.Int32(BrokerState.NodeId);
        writer.ArrayLength(1);
        writer.Int32(BrokerState.NodeId);
        if (version >= 5) writer.ArrayLength(0);
        writer.Tags();
    }
}
