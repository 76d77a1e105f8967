using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Deletes the records below an offset (KIP-107); the answer says where the log begins now.</summary>
internal sealed class DeleteRecordsApi(BrokerState broker) : Api(ApiKey.DeleteRecords, 0, 2, flexibleFrom: 2)
{
    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        var topics = request.Array(static topic =>
        {
            string name = topic.String();
            var partitions = topic.Array(static partition =>
            {
                var wanted = (Index: partition.Int32(), Offset: partition.Int64());
                partition.Tags();
                return wanted;
            });
            topic.Tags();
            return (Name: name, Partitions: partitions);
        });
        request.Int32();
        request.Tags();

        response.Int32(0);
        response.ArrayLength(topics.Count);
        foreach (var (name, partitions) in topics)
        {
            response.String(name);
            response.ArrayLength(partitions.Count);
            bool allowed = broker.Authoriser.AllowsTopic(context.Principal, AclOperation.Delete, name);
            foreach (var (index, offset) in partitions)
            {
                var log = broker.Topics.FindPartition(name, index);
                var error = !allowed ? ErrorCode.TopicAuthorizationFailed
                    : log is null ? ErrorCode.UnknownTopicOrPartition
                    : await log.DeleteRecordsAsync(offset).ConfigureAwait(false);
                response.Int32(index);
                response.Int64(error == ErrorCode.None ? log!.StartOffset : -1);
                response.Error(error);
                response.Tags();
            }

            response.Tags();
        }

        response.Tags();
    }
}
