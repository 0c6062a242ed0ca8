DROP FUNCTION message_variables, on_clocks_of, fill_variables;
