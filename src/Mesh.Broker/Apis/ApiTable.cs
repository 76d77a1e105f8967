namespace Mesh.Broker.Apis;

/// <summary>All requests the broker answers. What is not here is not advertised.</summary>
internal sealed class ApiTable
{
    private readonly Dictionary<short, Api> byKey;

    public ApiTable(BrokerState broker)
    {
        All =
        [
            new ProduceApi(broker),
            new FetchApi(broker),
            new ListOffsetsApi(broker),
            new MetadataApi(broker),
            new OffsetCommitApi(broker),
            new OffsetFetchApi(broker),
            new FindCoordinatorApi(broker),
            new JoinGroupApi(broker),
            new HeartbeatApi(broker),
            new LeaveGroupApi(broker),
            new SyncGroupApi(broker),
            new DescribeGroupsApi(broker),
            new ListGroupsApi(broker),
            new SaslHandshakeApi(),
            new ApiVersionsApi(broker),
            new CreateTopicsApi(broker),
            new DeleteTopicsApi(broker),
            new DeleteRecordsApi(broker),
            new InitProducerIdApi(broker),
            new AddPartitionsToTxnApi(broker),
            new AddOffsetsToTxnApi(broker),
            new EndTxnApi(broker),
            new TxnOffsetCommitApi(broker),
            new DeleteGroupsApi(broker),
            new OffsetDeleteApi(broker),
            new OffsetForLeaderEpochApi(broker),
            new DescribeConfigsApi(broker),
            new AlterConfigsApi(broker),
            new IncrementalAlterConfigsApi(broker),
            new CreatePartitionsApi(broker),
            new SaslAuthenticateApi(broker),
            new DescribeAclsApi(broker),
            new CreateAclsApi(broker),
            new DeleteAclsApi(broker),
            new DescribeClusterApi(broker),
        ];
        byKey = All.ToDictionary(api => (short)api.Key);
    }

    public IReadOnlyList<Api> All { get; }

    public Api? Find(short key) => byKey.GetValueOrDefault(key);
}
