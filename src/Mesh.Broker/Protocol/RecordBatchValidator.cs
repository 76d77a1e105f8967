namespace Mesh.Broker.Protocol;

/// <summary>Decides whether a batch a client sent may enter the log.</summary>
internal static class RecordBatchValidator
{
    private const int Zstd = 4;

    /// <summary>Length, attributes, time, offset, key, value and headers take a byte each.</summary>
    private const int MinRecordBytes = 7;

    private const int CheckedRecords = 8;

    /// <param name="records">The records field of one partition of a produce request.</param>
    /// <param name="maxMessageBytes">Largest batch accepted.</param>
    /// <param name="produceVersion">Zstandard may be used from version 7 on (KIP-110).</param>
    /// <param name="header">The batch's header when the result is <see cref="ErrorCode.None"/>.</param>
    public static ErrorCode Validate(ReadOnlySpan<byte> records, int maxMessageBytes, short produceVersion, out RecordBatchHeader header)
    {
        header = default;
        if (records.Length <= RecordBatchHeader.LengthPrefix + 4) return ErrorCode.CorruptMessage;
        if (records[16] < 2) return ErrorCode.UnsupportedForMessageFormat;
        if (records.Length < RecordBatchHeader.Size) return ErrorCode.CorruptMessage;

        var batch = RecordBatchHeader.Read(records);
        if (batch.Magic != 2) return ErrorCode.UnsupportedForMessageFormat;

        // From version 3 on a partition's records are exactly one batch; more would need more than one answer.
        if (batch.BatchLength < RecordBatchHeader.Size - RecordBatchHeader.LengthPrefix || batch.TotalBytes > records.Length) return ErrorCode.CorruptMessage;
        if (batch.TotalBytes < records.Length) return ErrorCode.InvalidRecord;
        if (batch.TotalBytes > maxMessageBytes) return ErrorCode.MessageTooLarge;
        if (Crc32C.Compute(records[RecordBatchHeader.ChecksummedFrom..]) != batch.Crc) return ErrorCode.CorruptMessage;

        if (batch.RecordCount <= 0 || batch.LastOffsetDelta != batch.RecordCount - 1) return ErrorCode.InvalidRecord;
        if (batch.IsControl || batch.HasDeleteHorizon || (batch.IsTransactional && batch.ProducerId < 0)) return ErrorCode.InvalidRecord;
        if (batch.Compression > Zstd || (batch.Compression == Zstd && produceVersion < 7)) return ErrorCode.UnsupportedCompressionType;
        if (batch.ProducerId >= 0 && (batch.ProducerEpoch < 0 || batch.BaseSequence < 0)) return ErrorCode.InvalidRecord;
        if (batch.Compression == 0 && !FirstRecordsAddUp(records[RecordBatchHeader.Size..], batch.RecordCount)) return ErrorCode.InvalidRecord;

        header = batch;
        return ErrorCode.None;
    }

    /// <summary>The checksum vouches for the bytes; a few records tell whether they are records at all, without a walk through all of them.</summary>
    private static bool FirstRecordsAddUp(ReadOnlySpan<byte> records, int count)
    {
        if (records.Length < (long)count * MinRecordBytes) return false;
        for (int i = 0; i < count; i++)
        {
            if (i == CheckedRecords) return true;
            if (!RecordReader.TryReadVarInt(ref records, out long length) || length < MinRecordBytes - 1 || length > records.Length) return false;
            records = records[(int)length..];
        }

        return records.IsEmpty;
    }
}
