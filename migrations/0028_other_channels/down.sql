DROP FUNCTION has_other_channel, sends_messages;
