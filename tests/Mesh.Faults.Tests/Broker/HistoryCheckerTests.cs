using Mesh.BrokerWorkload;

namespace Mesh.Faults.Tests.Broker;

/// <summary>The checker finds each kind of broken promise in a history that was made to hold it, and nothing in one that keeps them all.</summary>
public class HistoryCheckerTests
{
    // in-0: a(idempotent) b(of t1) [commit] c(of t2, aborted) [abort] d(plain)
    private static readonly HistoryEvent[] Everything = [Read("a", 0), Read("b", 1), Read("c", 3), Read("d", 5)];
    private static readonly HistoryEvent[] Committed = [Read("a", 0), Read("b", 1), Read("d", 5)];

    [Fact]
    public void A_history_that_keeps_every_promise_has_no_findings() => Check().ShouldBeEmpty();

    [Fact]
    public void A_lost_acknowledged_write_is_found() =>
        Check(everything: [Read("b", 1), Read("c", 3), Read("d", 5)], committed: [Read("b", 1), Read("d", 5)]).ShouldContain(finding => finding.StartsWith("lost: a", StringComparison.Ordinal));

    [Fact]
    public void A_write_at_another_place_than_was_acknowledged_is_found() =>
        Check(extra: Client(ClientRole.IdempotentProducer, Send("e"), Ack("e", 6)), everything: [.. Everything, Read("e", 7)], committed: [.. Committed, Read("e", 7)])
            .ShouldHaveSingleItem().ShouldStartWith("moved: e");

    [Fact]
    public void A_duplicate_of_an_idempotent_producer_is_found() =>
        Check(everything: [.. Everything, Read("a", 6)], committed: [.. Committed, Read("a", 6)]).ShouldContain(finding => finding.StartsWith("duplicate: a", StringComparison.Ordinal));

    [Fact]
    public void A_duplicate_of_a_plain_producer_is_its_right() =>
        Check(everything: [.. Everything, Read("d", 6)], committed: [.. Committed, Read("d", 6)]).ShouldBeEmpty();

    [Fact]
    public void Records_of_an_idempotent_producer_that_changed_places_are_found() =>
        Check(extra: Client(ClientRole.IdempotentProducer, Send("e"), Send("f"), Ack("e", 7), Ack("f", 6)), everything: [.. Everything, Read("f", 6), Read("e", 7)], committed: [.. Committed, Read("f", 6), Read("e", 7)])
            .ShouldHaveSingleItem().ShouldStartWith("order: f");

    [Fact]
    public void An_aborted_record_in_the_final_log_is_found() =>
        Check(committed: [Read("a", 0), Read("b", 1), Read("c", 3), Read("d", 5)]).ShouldContain(finding => finding.StartsWith("aborted-read: c", StringComparison.Ordinal));

    [Fact]
    public void An_aborted_record_that_a_reader_saw_is_found() =>
        Check(extra: Client(ClientRole.CommittedReader, Read("a", 0), Read("b", 1), Read("c", 3))).ShouldContain(finding => finding.StartsWith("aborted-read: ", StringComparison.Ordinal));

    [Fact]
    public void A_transaction_nobody_tried_to_commit_must_not_be_seen() =>
        Check(extra: Client(ClientRole.TransactionalProducer, Begin("t3", "e")), everything: [.. Everything, Read("e", 6)], committed: [.. Committed, Read("e", 6)])
            .ShouldContain(finding => finding.StartsWith("aborted-read: e", StringComparison.Ordinal));

    [Fact]
    public void A_committed_transaction_that_lost_a_record_is_found() =>
        Check(extra: Client(ClientRole.TransactionalProducer, Begin("t3", "e", "f"), Of(HistoryKind.Committing, "t3"), Of(HistoryKind.Committed, "t3")), everything: [.. Everything, Read("e", 6)], committed: [.. Committed, Read("e", 6)])
            .ShouldHaveSingleItem().ShouldStartWith("lost: f");

    [Fact]
    public void Half_a_transaction_of_unknown_outcome_is_found_and_a_whole_one_is_right()
    {
        var client = Client(ClientRole.TransactionalProducer, Begin("t3", "e", "f"), Of(HistoryKind.Committing, "t3"));

        Check(extra: client).ShouldBeEmpty();
        Check(extra: client, everything: [.. Everything, Read("e", 6), Read("f", 7)], committed: [.. Committed, Read("e", 6), Read("f", 7)]).ShouldBeEmpty();
        Check(extra: client, everything: [.. Everything, Read("e", 6)], committed: [.. Committed, Read("e", 6)]).ShouldHaveSingleItem().ShouldStartWith("torn: of t3 1 of 2");
    }

    [Fact]
    public void A_record_nobody_sent_is_found() =>
        Check(everything: [.. Everything, Read("x", 6)], committed: [.. Committed, Read("x", 6)]).ShouldHaveSingleItem().ShouldStartWith("invented: nobody sent x");

    [Fact]
    public void An_offset_that_goes_back_is_found() =>
        Check(extra: Client(ClientRole.UncommittedReader, Read("a", 0), Read("b", 1), Read("a", 0))).ShouldContain(finding => finding.StartsWith("offset-back", StringComparison.Ordinal));

    [Fact]
    public void A_record_that_a_reader_never_saw_is_found()
    {
        Check(extra: Client(ClientRole.CommittedReader, Read("a", 0), Read("d", 5))).ShouldHaveSingleItem().ShouldStartWith("skipped");
        Check(extra: Client(ClientRole.CommittedReader, Assigned(), Read("b", 1))).ShouldHaveSingleItem().ShouldStartWith("skipped");
        Check(extra: Client(ClientRole.CommittedReader, Assigned(), Read("a", 0), Read("b", 1), Read("d", 5))).ShouldBeEmpty();
    }

    [Fact]
    public void A_record_that_was_read_and_has_changed_is_found() =>
        Check(extra: Client(ClientRole.UncommittedReader, Read("a", 0), Read("x", 1))).ShouldContain(finding => finding.StartsWith("changed", StringComparison.Ordinal));

    [Fact]
    public void A_group_offset_that_goes_back_is_found() =>
        Check(extra: Client(ClientRole.Watcher, GroupOffset(4), GroupOffset(3))).ShouldHaveSingleItem().ShouldStartWith("group-back");

    [Fact]
    public void A_group_that_committed_past_a_record_it_never_read_is_found()
    {
        ClientHistory[] clients = [Client(ClientRole.Watcher, GroupOffset(2)), Client(ClientRole.GroupReader, Read("a", 0) with { Group = "readers" })];

        Check(clients).ShouldHaveSingleItem().ShouldStartWith("skipped: readers committed 2 in in-0 and never read 1");
    }

    [Fact]
    public void A_group_commit_that_was_acknowledged_and_is_gone_is_found()
    {
        ClientHistory[] clients =
        [
            Client(ClientRole.Watcher, GroupOffset(1)),
            Client(ClientRole.GroupReader, Read("a", 0) with { Group = "readers" }, Read("b", 1) with { Group = "readers" }, GroupOffset(2) with { Kind = HistoryKind.OffsetCommitted }),
        ];

        Check(clients).ShouldHaveSingleItem().ShouldStartWith("lost: the offset 2");
    }

    [Fact]
    public void A_log_that_shrinks_is_found() =>
        Check(extra: Client(ClientRole.Watcher, Watermarks(0, 9), Watermarks(0, 8))).ShouldHaveSingleItem().ShouldStartWith("log-back");

    [Fact]
    public void A_copy_that_is_missing_and_one_that_is_there_twice_are_found()
    {
        var copier = Client(ClientRole.Copier,
            Begin("c1", "a") with { Topic = "out" }, Of(HistoryKind.Committing, "c1"), Of(HistoryKind.Committed, "c1"),
            Begin("c2", "a", "b") with { Topic = "out" }, Of(HistoryKind.Committing, "c2"), Of(HistoryKind.Committed, "c2"));
        HistoryEvent[] copies = [Read("a", 0) with { Topic = "out" }, Read("a", 2) with { Topic = "out" }, Read("b", 3) with { Topic = "out" }];

        var findings = Check(extra: copier, everything: [.. Everything, .. copies], committed: [.. Committed, .. copies]);

        findings.Order(StringComparer.Ordinal).ShouldBe(["duplicate: a was copied more than once", "lost: d was not copied"]);
    }

    [Fact]
    public void A_client_that_could_not_go_on_is_found() =>
        Check(extra: Client(ClientRole.IdempotentProducer, new HistoryEvent { Kind = HistoryKind.Fatal, Error = "out of order" })).ShouldHaveSingleItem().ShouldStartWith("fatal");

    [Fact]
    public void A_client_that_contradicted_itself_is_not_held_against_the_broker() =>
        Check(extra: Client(ClientRole.IdempotentProducer, new HistoryEvent { Kind = HistoryKind.Fatal, Error = "failed with rewound sequence number on broker 1" })).ShouldBeEmpty();

    private static IReadOnlyList<string> Check(ClientHistory[] extra) => Check(extra, null, null);

    private static IReadOnlyList<string> Check(ClientHistory? extra = null, HistoryEvent[]? everything = null, HistoryEvent[]? committed = null) =>
        Check(extra is null ? [] : [extra], everything, committed);

    private static IReadOnlyList<string> Check(ClientHistory[] extra, HistoryEvent[]? everything, HistoryEvent[]? committed)
    {
        ClientHistory[] clients =
        [
            Client(ClientRole.IdempotentProducer, Send("a"), Ack("a", 0)),
            Client(ClientRole.TransactionalProducer,
                Begin("t1", "b"), Of(HistoryKind.Committing, "t1"), Of(HistoryKind.Committed, "t1"),
                Begin("t2", "c"), Of(HistoryKind.Aborted, "t2")),
            Client(ClientRole.PlainProducer, Send("d"), Ack("d", 5)),
            Client(ClientRole.UncommittedReader, Assigned(), Read("a", 0), Read("b", 1), Read("c", 3)),
            .. extra,
        ];
        return HistoryChecker.Check(new History(clients, committed ?? Committed, everything ?? Everything));
    }

    private static ClientHistory Client(ClientRole role, params HistoryEvent[] events) => new(role.ToString(), role, events);

    private static HistoryEvent Send(string value) => At(HistoryKind.Send) with { Value = value };

    private static HistoryEvent Ack(string value, long offset) => At(HistoryKind.Ack) with { Value = value, Offset = offset };

    private static HistoryEvent Read(string value, long offset) => At(HistoryKind.Read) with { Value = value, Offset = offset };

    private static HistoryEvent Assigned() => At(HistoryKind.Assigned);

    private static HistoryEvent Begin(string transaction, params string[] values) => new() { Kind = HistoryKind.Begin, Transaction = transaction, Topic = "in", Values = values };

    private static HistoryEvent Of(HistoryKind kind, string transaction) => new() { Kind = kind, Transaction = transaction };

    private static HistoryEvent GroupOffset(long offset) => At(HistoryKind.GroupOffset) with { Group = "readers", Offset = offset };

    private static HistoryEvent Watermarks(long start, long end) => At(HistoryKind.Watermarks) with { Offset = start, EndOffset = end };

    private static HistoryEvent At(HistoryKind kind) => new() { Kind = kind, Topic = "in", Partition = 0 };
}
