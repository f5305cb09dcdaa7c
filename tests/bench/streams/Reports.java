import odograph.Processed.ProcessedRecord;
import odograph.Processed.ReportPack;

/** How the reports of a batch become messages. The batches of the benchmark are far below the bounds of a pack. */
interface Reports {
  /** Record {@code i}, in ascending order; a message if that is one by itself, else null. */
  byte[] add(Batch batch, int i);

  /** After the last record of a batch: the message that is still to be written; null if there is none. */
  byte[] end();

  static Reports of(String form) {
    switch (form) {
      case "single":
        return new Single();
      case "generated":
        return new Generated();
      case "bytes":
        return new PackBytes();
      default:
        throw new IllegalArgumentException(form);
    }
  }

  /** One message each. */
  final class Single implements Reports {
    @Override
    public byte[] add(Batch batch, int i) {
      return Report.of(batch, i).toByteArray();
    }

    @Override
    public byte[] end() {
      return null;
    }
  }

  /** One pack for all of them, of protobuf's generated messages. */
  final class Generated implements Reports {
    private ReportPack.Builder pack = ReportPack.newBuilder();

    @Override
    public byte[] add(Batch batch, int i) {
      pack.addRecords(Report.of(batch, i));
      return null;
    }

    @Override
    public byte[] end() {
      if (pack.getRecordsCount() == 0) return null;
      ReportPack all = pack.build();
      pack = ReportPack.newBuilder();
      ProcessedRecord first = all.getRecords(0);
      if (all.getRecordsCount() == 1) return first.toByteArray();
      return ProcessedRecord.newBuilder().setId(first.getId() + "/pack").setPack(all).build().toByteArray();
    }
  }
}
