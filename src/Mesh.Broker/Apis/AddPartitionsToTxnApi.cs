using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Transactions;

namespace Mesh.Broker.Apis;

/// <summary>Makes partitions part of a producer's transaction: all that were asked for, or none.</summary>
internal sealed class AddPartitionsToTxnApi(BrokerState broker) : Api(ApiKey.AddPartitionsToTxn, 0, 3, flexibleFrom: 3)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        string transactionalId = request.String();
        long producerId = request.Int64();
        short epoch = request.Int16();
        var topics = request.Array(static topic =>
        {
            string name = topic.String();
            var partitions = topic.Array(static partition => partition.Int32());
            topic.Tags();
            return (Name: name, Partitions: partitions);
        });
        request.Tags();

        var wanted = topics.SelectMany(static topic => topic.Partitions.Select(partition => new TopicPartition(topic.Name, partition))).ToHashSet();
        ErrorCode error;
        var refused = new Dictionary<TopicPartition, ErrorCode>();
        if (!broker.Authoriser.Allows(context.Principal, AclOperation.Write, AclResourceType.TransactionalId, transactionalId))
        {
            error = ErrorCode.TransactionalIdAuthorizationFailed;
        }
        else
        {
            foreach (var partition in wanted)
            {
                if (Check(context.Principal, partition) is not ErrorCode.None and var reason) refused[partition] = reason;
            }

            error = refused.Count > 0
                ? ErrorCode.OperationNotAttempted
                : TransactionErrors.For(await broker.Transactions.AddPartitionsAsync(transactionalId, producerId, epoch, wanted).ConfigureAwait(false), context.Version >= 2);
        }

        response.Int32(0);
        response.Array(topics, (writer, topic) =>
        {
            writer.String(topic.Name);
            writer.Array(topic.Partitions, (inner, partition) =>
            {
                inner.Int32(partition);
                inner.Error(refused.GetValueOrDefault(new TopicPartition(topic.Name, partition), error));
                inner.Tags();
            });
            writer.Tags();
        });
        response.Tags();
    }

    private ErrorCode Check(Principal principal, TopicPartition partition)
    {
        if (!broker.Authoriser.Allows(principal, AclOperation.Write, AclResourceType.Topic, partition.Topic)) return ErrorCode.TopicAuthorizationFailed;
        return broker.Topics.FindPartition(partition.Topic, partition.Partition) is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.None;
    }
}
